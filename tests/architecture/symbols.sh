#!/usr/bin/env bash
# Checks the objects of core/kernels/arch: symbols.sh BUILD_FOLDER
#
# An inline function or a template that two objects define is kept once by the linker, from either. If one of them was
# compiled for AVX-512, older machines crash in it. So an object of an architecture beyond the baseline may define weak
# symbols only if their name carries a type of its own architecture, and must run nothing at start-up.
set -euo pipefail

build=$1
failures=0
checked=0
complain() { printf '%s\n' "$*"; failures=$((failures + 1)); }

# What a weak symbol's mangled name must contain: xsimd's tag of the unit.
own_tag() {
    case $1 in
        avx2)       echo 'N5xsimd4fma3INS_4avx2EEE|5xsimd4avx2|4avx2' ;;
        avx512)     echo '5xsimd8avx512bw|8avx512bw' ;;
        avx512vnni) echo '10avx512vnniINS_8avx512bw' ;;
        avx512amx)  echo '10avx512vnniINS_10avx512vbmi' ;;
    esac
}

while IFS= read -r object; do
    unit=$(basename "$object")
    unit=${unit%%.cpp*}
    checked=$((checked + 1))
    tag=$(own_tag "$unit")
    [ -n "$tag" ] || continue                           # the baseline of its platform: any machine runs it
    while read -r symbol; do
        if ! [[ $symbol =~ $tag ]]; then
            complain "$unit: shares $(c++filt "$symbol")"
        fi
    done < <(nm --defined-only "$object" | awk '$2 ~ /^[WVuvw]$/ { print $3 }' | grep -v '^DW\.ref\.' || true)
    if nm --defined-only "$object" | grep -q '_GLOBAL__sub_I'; then
        complain "$unit: runs code at start-up (a global with a constructor)"
    fi
done < <(find "$build" -path '*quantlens_kernels.dir*/arch/*' -name '*.o' | sort)

[ "$checked" -gt 0 ] || { echo "no objects of core/kernels/arch in $build"; exit 1; }
[ "$failures" = 0 ] || { echo "$failures symbols could be shared between architectures"; exit 1; }
echo "$checked units, no symbol that another one could share"
