# Fetches the libraries that the benchmarks compare with. Sourced by `run`; the product needs none of them.
#
# Debian's packages are unpacked into .toolchain/peers/debian, so that the system's own BLAS stays what it is; packages of
# the npm registry go into .toolchain/peers/npm.

peer_packages="@node-llama-cpp/linux-x64@3.22.1 onnxruntime-node@1.30.0 onnxruntime-web@1.30.0 @wllama/wllama@3.8.1"

set_up_peers() {
    local recipe
    recipe="$peer_packages $(hash_of tools/peers.sh)"
    stamp_is .toolchain/peers/stamp "$recipe" && return 0
    [ "$(uname -sm)" = "Linux x86_64" ] || die "the peers are fetched as packages for Linux on x86-64; this is $(uname -sm)"
    have npm || die "npm is needed to fetch the peers"
    rm -f .toolchain/peers/stamp
    mkdir -p .toolchain/peers/debian .toolchain/peers/npm
    say "fetching the peers (OpenBLAS, oneDNN, ggml, onnxruntime, wllama) into .toolchain/peers"
    fetch_debian_peers
    (
        cd .toolchain/peers/npm
        printf '{"private":true}' > package.json
        npm install --no-audit --no-fund --ignore-scripts --loglevel=error $peer_packages
    ) >&2
    write_stamp .toolchain/peers/stamp "$recipe"
}

# OpenBLAS, oneDNN with its headers, and what these two need that a compiler does not bring. Elsewhere than on Debian they
# are left out, and the benchmark says so.
fetch_debian_peers() {
    local onednn archive
    if ! have apt-get || ! have dpkg-deb; then say "no apt here: without OpenBLAS and oneDNN"; return 0; fi
    onednn=$(apt-cache depends libdnnl-dev 2>/dev/null | sed -n 's/.*Depends: \(libdnnl[0-9.]*\)$/\1/p')
    if [ -z "$onednn" ]; then say "apt knows no libdnnl-dev (apt-get update?): without OpenBLAS and oneDNN"; return 0; fi
    (
        cd .toolchain/peers/debian
        apt-get -q download libdnnl-dev "$onednn" ocl-icd-libopencl1 libopenblas0-pthread libgfortran5 libquadmath0
        for archive in *.deb; do dpkg-deb --extract "$archive" .; done
        rm -f ./*.deb
    ) >&2
}
