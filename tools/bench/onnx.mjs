// The few ONNX models that the benchmarks need, written as protocol buffers by hand (onnx.proto of the ONNX project: the
// field numbers are from there).
const encoder = new TextEncoder();

function varint(value) {
    const bytes = [];
    let rest = BigInt(value);
    do {
        const low = Number(rest & 127n);
        rest >>= 7n;
        bytes.push(rest ? low | 128 : low);
    } while (rest);
    return Uint8Array.from(bytes);
}

const join = (parts) => {
    const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of parts) {
        all.set(part, at);
        at += part.length;
    }
    return all;
};

const number = (field, value) => join([varint(field << 3), varint(value)]);
const bytes = (field, value) => join([varint((field << 3) | 2), varint(value.length), value]);
const text = (field, value) => bytes(field, encoder.encode(value));

export const types = { float: 1, uint8: 2, int8: 3, int32: 6 };

const tensor = ({ name, type, dims, data }) =>
    bytes(5, join([...dims.map((d) => number(1, d)), number(2, types[type]), text(8, name),
        bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))]));   // GraphProto.initializer

const valueInfo = (field, { name, type, dims }) => {
    const shape = bytes(2, join(dims.map((d) => bytes(1, number(1, d)))));
    const tensorType = join([number(1, types[type]), shape]);
    return bytes(field, join([text(1, name), bytes(2, bytes(1, tensorType))]));
};

const node = ({ operator, domain = "", inputs, outputs, attributes = {} }) =>
    bytes(1, join([...inputs.map((name) => text(1, name)), ...outputs.map((name) => text(2, name)), text(4, operator),
        ...Object.entries(attributes).map(([name, value]) =>
            bytes(5, join([text(1, name), number(3, value), number(20, 2)]))),      // an integer attribute
        text(7, domain)]));

/** A model of nodes, initializers, inputs and outputs. */
export function model({ nodes, initializers, inputs, outputs }) {
    const graph = join([...nodes.map(node), text(2, "graph"), ...initializers.map(tensor),
        ...inputs.map((value) => valueInfo(11, value)), ...outputs.map((value) => valueInfo(12, value))]);
    const opset = (domain, version) => bytes(8, join([text(1, domain), number(2, version)]));
    return join([number(1, 8), opset("", 17), opset("com.microsoft", 1), bytes(7, graph)]);
}
