#include "bench/suite.h"

namespace quantlens::bench {

std::string Case::name() const {
    std::string name = kernel;
    name.append("/").append(shape).append(cold ? "/cold" : "/hot").append("/threads:").append(std::to_string(threads));
    return name;
}

std::size_t copies_to_stay_cold(double bytes) {
    constexpr double kMoreThanCaches = 192e6;
    return bytes >= kMoreThanCaches ? 1 : std::size_t(kMoreThanCaches / bytes) + 1;
}

}  // namespace quantlens::bench
