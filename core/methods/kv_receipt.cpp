#include "methods/kv_receipt.h"

#include <algorithm>
#include <string>

namespace quantlens::methods {

Receipt kv_receipt(const QuantizedKv& cache) {
    Receipt receipt{{"keys", double(cache.keys.size()), "", "", "numbers in the keys"},
                    {"values", double(cache.values.size()), "", "", "numbers in the values"}};
    std::string sum;
    for (const auto& part : cache.storage) {
        std::string symbol = part.name;
        std::ranges::replace(symbol, ' ', '_');
        receipt.push_back({symbol + "_count", double(part.count), "", "", "how many " + part.name + " are stored"});
        receipt.push_back({symbol + "_bits", part.bits_each, "bit", "", "bits of one of the " + part.name});
        sum += (sum.empty() ? "" : " + ") + symbol + "_count * " + symbol + "_bits";
    }
    receipt.push_back({"stored_bits", double(cache.stored_bits()), "bit", sum, ""});
    receipt.push_back({"bytes", double(cache.stored_bytes()), "bytes", "ceil(stored_bits / 8)", ""});
    receipt.push_back({"bits_per_value", cache.bits_per_value(), "bit", "stored_bits / (keys + values)", ""});
    return receipt;
}

}  // namespace quantlens::methods
