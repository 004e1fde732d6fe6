#pragma once

#include <string>
#include <vector>

#include "bench/suite.h"

namespace quantlens::bench {

/// What was measured of one case: a value for each repetition.
struct Measured {
    Case what;
    std::vector<double> seconds;  // of one call
    std::vector<double> limits;   // bytes or operations a second that the machine gave beside it

    double median_seconds() const;
    double rate() const;    // bytes or operations a second, as the case is bound
    double share() const;   // of the limit
    double spread() const;  // (largest - smallest seconds) / median
};

double median_of(std::vector<double> values);

/// One line of the table for people.
std::string line_of(const Measured& measured);
std::string table_head();

/// The short form that the page loads (contract, "quantbench").
std::string report_json(const std::vector<Measured>& all, const Machine& machine, std::size_t threads,
                        double memory_one, double memory_all);

}  // namespace quantlens::bench
