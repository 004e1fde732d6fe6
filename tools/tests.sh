# The steps of `./run test`. Sourced by `run`.
#
# A step is a name, a condition under which it exists, and a function. Each one's output goes to build/test/NAME.log and
# is shown only where it fails. Steps whose folder does not exist are not listed.

any() { compgen -G "$1" > /dev/null; }
has_script() { [ -f "$1/package.json" ] && grep -q "\"$2\": " "$1/package.json"; }

fuzz_seconds=${FUZZ_SECONDS:-60}

# name | condition | what it does. A step builds what it needs, so that it can be named alone.
test_steps() {
    step arrows        'true'                           'node tests/architecture/arrows.mjs'
    step format        'has_clang_format'               'format_sources --check'
    step native-build  'true'                           'build_tree dev unit_tests'
    step native        'any "tests/unit/*/*_test.cpp"'  'build_tree dev unit_tests; run_ctest dev'
    step release       'true'                           'build_native; build_tree release test_kernels'
    step optimized     'any "tests/unit/kernels/*.cpp"' 'build_tree release test_kernels test_tensor; run_ctest release --tests-regex "^(kernels|tensor)$"'
    step symbols       'any "core/kernels/arch/*.cpp"'  'build_native; bash tests/architecture/symbols.sh build/native'
    step install       'true'                           'build_native; install_and_use'
    step command-line  'any "tests/cli/*.test.mjs"'     'build_native; run_node_tests tests/cli'
    step wasm-build    'true'                           'build_tree wasm'
    step wasm          'any "tests/unit/*/*_test.cpp"'  'build_tree wasm; run_ctest wasm'
    step relaxed-build 'true'                           'build_tree wasm-relaxed quantlens_wasm test_kernels'
    step relaxed       'any "tests/unit/kernels/*.cpp"' 'build_tree wasm-relaxed test_kernels; run_ctest wasm-relaxed --tests-regex "^kernels$"'
    step parity        'any "tests/parity/*.test.mjs"'  'build_native; build_modules; run_node_tests tests/parity'
    step web           'has_script web test'            'build_modules; run_npm web test'
    step types         'has_script web check'           'run_npm web check'
    step site          'has_script web build'           'build_site'
    step single-file   'has_script web build:single'    'build_single_file'
    step browser       'any "tests/browser/*.test.mjs"' 'build_native; build_site; build_single_file; run_npm web test:browser'
    step browser-alone 'any "tests/browser/alone/*.mjs"' 'build_site; run_npm web test:browser:alone'
    step fuzz-build    'any "tests/fuzz/*.cpp"'         'build_tree fuzz'
    step fuzz          'any "tests/fuzz/*.cpp"'         "build_tree fuzz; run_fuzzers $fuzz_seconds"
}

run_tests() {
    wanted=" $* " passed=0 failed=0 failures=""
    if [ "${1:-}" = --list ]; then
        step() { if eval "$2"; then echo "$1"; fi; }
        test_steps
        return 0
    fi
    step() { known="$known$1 "; }
    local known=" " name
    test_steps
    for name in "$@"; do
        [[ $known = *" $name "* ]] || die "there is no step '$name'; ./run test --list lists them"
    done
    set_up test
    mkdir -p build/test
    step() { run_step "$@"; }
    test_steps
    [ -z "$failures" ] || printf '\nfailed:%s (their output is in build/test/)\n' "$failures"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}

run_step() {
    local name=$1 condition=$2 action=$3 start log status=0
    if [ "$wanted" != "  " ] && [[ $wanted != *" $name "* ]]; then return 0; fi
    eval "$condition" || return 0
    log=build/test/$name.log
    start=$(date +%s)
    # A child of its own, so that set -e ends it at the first failing command.
    bash -c 'set -euo pipefail; . tools/common.sh; . tools/env.sh; . tools/setup.sh; . tools/build.sh; . tools/tests.sh
        eval "$1"' step "$action" > "$log" 2>&1 < /dev/null || status=$?
    if [ "$status" = 0 ]; then
        passed=$((passed + 1))
        printf 'ok    %-14s %4d s  %s\n' "$name" $(($(date +%s) - start)) "$(summary_of "$log")"
    else
        failed=$((failed + 1)) failures="$failures $name"
        printf 'FAIL  %-14s %4d s\n' "$name" $(($(date +%s) - start))
        tail -n 100 "$log" | sed 's/^/      | /'
    fi
}

# What a test runner said of itself, in one line.
summary_of() {
    awk '
        /\[  PASSED  \] [0-9]+ test/ { tests += $4; unit = " tests" }
        /^(# |ℹ )pass [0-9]+/        { tests += $3; unit = " tests" }
        /^ *Tests .*[0-9]+ passed/   { for (i = 2; i <= NF; ++i) if ($i ~ /^passed/) { tests += $(i - 1); unit = " tests" } }
        END { if (tests) print tests unit }' "$1" | tail -n 1
}

# run_ctest PRESET [FLAGS...]
run_ctest() {
    local folder
    folder=$(tree_of "$1")
    shift
    ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1 \
        ctest --test-dir "$folder" --no-tests=error --verbose -j 2 "$@"
}

# The kernels' tests on an emulated 64-bit ARM. Not a step: libraries and emulator are 200 MB that nothing else needs. By clang,
# in a minute and a half: g++ 12 is at the kernels' unit for more than ten.
neon_test() {
    if ! have clang++-19 || ! have aarch64-linux-gnu-g++ || ! have qemu-aarch64; then
        die "neon-test needs clang 19, a cross compiler's libraries and an emulator; on Debian and Ubuntu:
  apt-get install clang-19 g++-aarch64-linux-gnu qemu-user"
    fi
    set_up test
    build_tree neon test_kernels
    ctest --test-dir build/neon --no-tests=error --output-on-failure --tests-regex '^kernels$'
}

# This reporter repeats at its end what failed, which is the part of a log that is shown.
run_node_tests() { node --test --test-reporter=spec "$1"/*.test.mjs; }

run_npm() { (cd "$1" && npm run --silent "$2"); }

# A project that finds the installed core builds and runs.
install_and_use() {
    rm -rf build/test/prefix build/test/consumer
    cmake --install build/native --prefix "$PWD/build/test/prefix"
    cmake -S tests/install -B build/test/consumer -G Ninja -DCMAKE_PREFIX_PATH="$PWD/build/test/prefix"
    ninja -C build/test/consumer
    build/test/consumer/consumer
}

# What our GGUF files are in llama.cpp. Its package carries builds for graphics cards of some hundred MB as optional
# packages; only the one for this processor is fetched. The reference model, or the one that QUANTLENS_MODEL names.
run_interop() {
    local folder=tests/interop/llama version build recipe
    case $(uname -s)-$(uname -m) in
        Linux-x86_64)  build=linux-x64 ;;
        Linux-aarch64) build=linux-arm64 ;;
        Darwin-arm64)  build=mac-arm64-metal ;;
        Darwin-x86_64) build=mac-x64 ;;
        *) die "node-llama-cpp has no build for $(uname -s) $(uname -m)" ;;
    esac
    version=$(sed -n 's/.*"node-llama-cpp": "\(.*\)".*/\1/p' "$folder/package.json")
    recipe="$(node_version) $build $(hash_of "$folder/package.json" "$folder/package-lock.json")"
    if ! stamp_is "$folder/node_modules/.quantlens-stamp" "$recipe"; then
        say "installing node-llama-cpp $version for $build from the npm registry"
        (
            cd "$folder"
            # Not `npm ci`: it refuses a lock file without the optional packages, which are not fetched.
            npm install --no-save --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error \
                "@node-llama-cpp/$build@$version"
        ) >&2
        write_stamp "$folder/node_modules/.quantlens-stamp" "$recipe"
    fi
    node --test --test-reporter=spec "$folder/llama.test.mjs"
}

# run_fuzzers [SECONDS] [TARGET...]: as many at once as there are processors. A finding ends the run with its input kept
# in build/fuzz/findings/.
run_fuzzers() {
    local seconds=${1:-60} program programs=()
    [ $# -gt 0 ] && shift
    if [ $# -gt 0 ]; then
        for program in "$@"; do programs+=("build/fuzz/fuzz_${program#fuzz_}"); done
    else
        programs=(build/fuzz/fuzz_*)
    fi
    mkdir -p build/fuzz/findings
    printf '%s\n' "${programs[@]}" | xargs -P "$(getconf _NPROCESSORS_ONLN)" -I PROGRAM \
        bash -c 'fuzz_one "$1" "$2"' fuzz PROGRAM "$seconds"
}

fuzz_one() {
    local program=$1 seconds=$2 name seeds=() corpus log
    name=$(basename "$program")
    corpus=build/fuzz/corpus/$name
    log=build/fuzz/$name.log
    mkdir -p "$corpus"
    [ -d "tests/fuzz/seeds/${name#fuzz_}" ] && seeds=("tests/fuzz/seeds/${name#fuzz_}")
    if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=3000 -artifact_prefix="build/fuzz/findings/$name-" \
        -print_final_stats=1 "$corpus" ${seeds[@]+"${seeds[@]}"} > "$log" 2>&1; then
        echo "$name: $(sed -n 's/stat::number_of_executed_units: *//p' "$log") inputs, nothing found"
    else
        echo "$name found something:"
        tail -n 40 "$log"
        return 1
    fi
}
export -f fuzz_one
