// A task's values, as native/bench/peers/peer.h makes them; in Node and in a browser.
export const weightSeed = 1;
export const inputSeed = 0x9e3779b9;

export function valueAt(index, seed) {
    let bits = Math.imul((index + seed) | 0, 2654435761 | 0);
    bits = Math.imul(bits ^ (bits >>> 15), 2246822519 | 0);
    bits ^= bits >>> 13;
    return (bits >>> 8) / 0x1000000 - 0.5;
}
