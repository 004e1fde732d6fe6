# The tools that were set up, on PATH. Sourced by `run`, and by hand: . tools/env.sh
# An emcc and a node that are on PATH already and new enough are left as they are.

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
quantlens_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

if [ -x "$quantlens_root/.toolchain/node/bin/node" ]; then
    export PATH="$quantlens_root/.toolchain/node/bin:$PATH"
fi
emcc_on_path=$(emcc --version 2>/dev/null | sed -n '1s/.* \([0-9][0-9.]*\).*/\1/p' || true)
if [ -x "$quantlens_root/.toolchain/debian13/root/usr/share/emscripten/emcc" ] && ! at_least "$emcc_on_path" 3.1.69; then
    export PATH="$quantlens_root/.toolchain/debian13/root/usr/share/emscripten:$PATH"
    export EM_BINARYEN_ROOT="$quantlens_root/.toolchain/debian13/binaryen"
    export EMSDK_PYTHON=/usr/bin/python3                 # the one that Debian's Emscripten was made for
fi
if command -v node >/dev/null 2>&1; then export EM_NODE_JS=$(command -v node); fi
if command -v ccache >/dev/null 2>&1; then
    EM_COMPILER_WRAPPER=$(command -v ccache)
    export EM_COMPILER_WRAPPER CCACHE_BASEDIR="$quantlens_root" CCACHE_NOHASHDIR=1   # a second clone finds the first one's
fi
if command -v emcc >/dev/null 2>&1; then
    QUANTLENS_EMSCRIPTEN=$(dirname "$(readlink -f "$(command -v emcc)")")
    export QUANTLENS_EMSCRIPTEN
fi
PATH="$PATH:$quantlens_root/web/node_modules/.bin"       # tsc, with which emcc writes the types of the module
