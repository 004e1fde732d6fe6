# `./run bench`. Sourced by `run`.

. tools/peers.sh

run_bench() {
    case ${1:-} in
        --peers)
            shift
            set_up native
            set_up_node
            . tools/env.sh
            set_up_peers
            build_tree release quantbench quantpeers
            exec node tools/bench/peers.mjs "$@"
            ;;
        --web)
            shift
            set_up test
            set_up_peers
            build_native
            build_modules
            if [ -f data/reference/model.safetensors ]; then
                mkdir -p build/bench-model
                cp data/reference/model.safetensors build/bench-model/
                build/native/quantlens convert data/reference/model.safetensors --to gguf --out build/bench-model/model.gguf >&2
            fi
            exec node tools/bench/web.mjs "$@"
            ;;
        *)
            set_up native
            build_native
            exec build/native/quantbench "$@"
            ;;
    esac
}
