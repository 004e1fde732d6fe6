# Configures and builds. Sourced by `run`.

jobs=${JOBS:-}

# configure_tree PRESET: runs CMake when the tree is new, or its preset, compiler or set-up changed. Changes in
# CMakeLists.txt and new sources are noticed by Ninja itself.
configure_tree() {
    local preset=$1 folder tools recipe
    folder=$(tree_of "$preset")
    case $preset in
        wasm*) tools="$(emcc_version) ${QUANTLENS_EMSCRIPTEN:-} $(node_version)" ;;
        fuzz | neon) tools=clang-19 ;;
        *)     tools="$(c++ -dumpfullversion 2>/dev/null || c++ --version | head -n 1)" ;;
    esac
    recipe="$tools $PWD $(hash_of CMakePresets.json) $(ls -d /usr/src/googletest 2>/dev/null || true)"
    stamp_is "$folder/configured" "$recipe" && return 0
    rm -rf "$folder/CMakeCache.txt" "$folder/CMakeFiles" "$folder/configured"
    cmake --preset "$preset"
    write_stamp "$folder/configured" "$recipe"
}

tree_of() { if [ "$1" = release ]; then echo build/native; else echo "build/$1"; fi; }

# build_tree PRESET [TARGET...]
build_tree() {
    local preset=$1
    shift
    configure_tree "$preset" >&2
    ninja ${jobs:+-j "$jobs"} -C "$(tree_of "$preset")" "$@" >&2
}

build_native() { build_tree release quantlens quantbench; }

build_modules() {
    build_tree wasm quantlens_wasm
    build_tree wasm-relaxed quantlens_wasm
}

# A hash over the contents of everything that the page is built from.
page_inputs() {
    find web data build/module CMakeLists.txt \( -name node_modules -o -name dist -o -name test-results \) -prune -o \
        -type f -print0 | LC_ALL=C sort -z | xargs -0 cksum | cksum
}

# npm_build SCRIPT OUTPUT: `npm run SCRIPT` in web/, unless OUTPUT is of these very inputs already.
npm_build() {
    local script=$1 output=$2 recipe
    [ -f web/package.json ] || die "there is no web/package.json: nothing to build the page from"
    recipe=$(page_inputs)
    if stamp_is "build/.npm-$script" "$recipe" && [ -e "$output" ]; then return 0; fi
    rm -f "build/.npm-$script"
    (cd web && npm run --silent "$script") >&2
    [ -e "$output" ] || die "npm run $script left no $output"
    write_stamp "build/.npm-$script" "$(page_inputs)"
}

build_site() {
    build_modules
    npm_build build build/site/index.html
    say "built: build/site/"
}

build_single_file() {
    build_modules
    npm_build build:single build/quantlens.html
    say "built: build/quantlens.html"
}

clang_format=14    # another version sets some lines in another way
has_clang_format() { have clang-format && clang-format --version | grep -q "version $clang_format\."; }

format_sources() {
    local flags=(-i)
    [ "${1:-}" = --check ] && flags=(--dry-run -Werror)
    has_clang_format || die "clang-format $clang_format is needed (Debian 12: apt-get install clang-format)"
    find core native tests wasm -name node_modules -prune -o \( -name '*.h' -o -name '*.cpp' \) -print0 | xargs -0 clang-format "${flags[@]}"
}
