#include "methods/exhaustive.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace quantlens::methods {
namespace {

/// Depth first from the last weight to the first. With H = R^T R, R upper, the error is
/// sum_i (sum_{j >= i} R_ij (w_j - q_j))^2, and term i is known once weights i .. n - 1 are rounded.
class Search {
public:
    Search(std::span<const float> weights, MatrixView<const float> hessian, const Grid& grid, std::size_t most_visited)
        : weights_(weights), n_(weights.size()), most_visited_(most_visited), factor_(n_ * n_), difference_(n_),
          codes_(n_) {
        for (int code = grid.low; code <= grid.high; ++code)
            if (grid.rule != Grid::Rule::kSign || code != 0) levels_.push_back(std::int16_t(code));
        for (const auto code : levels_) values_.push_back(value_of(code, grid));
        // Cholesky; a pivot that is 0 but for rounding belongs to a direction that costs nothing.
        for (std::size_t i = 0; i < n_; ++i) {
            double pivot = hessian(i, i);
            for (std::size_t k = 0; k < i; ++k) pivot -= r(k, i) * r(k, i);
            const double root = pivot > 1e-9 * hessian(i, i) ? std::sqrt(pivot) : 0;
            r(i, i) = root;
            for (std::size_t j = i + 1; j < n_ && root > 0; ++j) {
                double sum = hessian(i, j);
                for (std::size_t k = 0; k < i; ++k) sum -= r(k, i) * r(k, j);
                r(i, j) = sum / root;
            }
        }
    }

    Result<BestRounding> run(MatrixView<const float> hessian) {
        descend(n_, 0);
        if (best_.visited > most_visited_)
            return fail(ErrorCode::kTooLarge, "weights",
                        "the best rounding of " + to_text(n_) + " weights to one of " + to_text(levels_.size()) +
                            " values each is not found after " + to_text(most_visited_) +
                            " partial roundings, the most that are looked at; fewer bits or weights would end sooner");
        for (std::size_t i = 0; i < n_; ++i) difference_[i] = weights_[i] - best_values_[i];
        best_.error = 0;
        for (std::size_t i = 0; i < n_; ++i)
            for (std::size_t j = 0; j < n_; ++j) best_.error += difference_[i] * hessian(i, j) * difference_[j];
        return best_;
    }

private:
    double& r(std::size_t i, std::size_t j) { return factor_[i * n_ + j]; }

    /// Weights `next` .. n - 1 are rounded and cost `spent`.
    void descend(std::size_t next, double spent) {
        if (next == 0) {
            least_ = spent;
            best_.codes = codes_;
            best_values_.resize(n_);
            for (std::size_t i = 0; i < n_; ++i) best_values_[i] = weights_[i] - difference_[i];
            return;
        }
        const std::size_t i = next - 1;
        double others = 0;
        for (std::size_t j = next; j < n_; ++j) others += r(i, j) * difference_[j];
        const auto cost_of = [&](std::size_t level) {
            const double term = r(i, i) * (double(weights_[i]) - values_[level]) + others;
            return term * term;
        };
        // The values ascend, so the cost falls to the nearest one and rises after it: outwards from there.
        const double nearest = r(i, i) > 0 ? double(weights_[i]) + others / r(i, i) : double(weights_[i]);
        std::size_t above = std::size_t(std::ranges::lower_bound(values_, nearest) - values_.begin()), below = above;
        while (below > 0 || above < values_.size()) {
            const bool up = below == 0 || (above < values_.size() && cost_of(above) < cost_of(below - 1));
            const std::size_t level = up ? above++ : --below;
            const double cost = cost_of(level);
            if (spent + cost >= least_ || ++best_.visited > most_visited_) return;
            codes_[i] = levels_[level];
            difference_[i] = double(weights_[i]) - values_[level];
            descend(i, spent + cost);
        }
    }

    std::span<const float> weights_;
    std::size_t n_, most_visited_;
    std::vector<std::int16_t> levels_;
    std::vector<double> values_, factor_, difference_, best_values_;
    std::vector<std::int16_t> codes_;
    double least_ = std::numeric_limits<double>::infinity();
    BestRounding best_;
};

}  // namespace

Result<BestRounding> best_rounding(std::span<const float> weights, MatrixView<const float> hessian, const Grid& grid,
                                   std::size_t most_visited) {
    if (weights.size() > kExhaustiveLimit)
        return fail(ErrorCode::kTooLarge, "weights",
                    "weights are " + to_text(weights.size()) + ", must be at most " + to_text(kExhaustiveLimit) +
                        ": every combination of codes is considered");
    if (weights.empty() || hessian.rows() != weights.size() || hessian.columns() != weights.size())
        return bad_shape("hessian", "hessian is " + to_text(hessian.rows()) + " x " + to_text(hessian.columns()) +
                                        ", must be square with a row for each of the " + to_text(weights.size()) +
                                        " weights");
    if (const auto status = check_finite({weights.data(), 1, weights.size()}, "weights"); !status)
        return std::unexpected(status.error());
    if (const auto status = check_finite(hessian, "hessian"); !status) return std::unexpected(status.error());
    return Search(weights, hessian, grid, most_visited).run(hessian);
}

}  // namespace quantlens::methods
