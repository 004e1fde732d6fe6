# cmake -DNAME=models -DINPUT=models.json -DOUTPUT=models.cpp -P embed_json_script.cmake
# Writes the file as an array of bytes: a string literal has a length limit, an array has none.
file(READ "${INPUT}" text)
string(REGEX REPLACE "\n *" "" text "${text}")   # in JSON no text holds a line end
string(HEX "${text}" bytes)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
file(CONFIGURE OUTPUT "${OUTPUT}" @ONLY CONTENT [[
#include "data/embedded.h"

namespace quantlens::data {

static constexpr unsigned char kBytes[] = {
@bytes@
};

std::string_view @NAME@_json() { return {reinterpret_cast<const char*>(kBytes), sizeof kBytes}; }

} // namespace quantlens::data
]])
