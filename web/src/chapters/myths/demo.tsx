// One figure a myth: the claim, and what the core says.
export { CacheFormula, Faster, Quarter } from "./planning";
export { Groups, Nf4, Salient, Sign } from "./rounding";
export { Same } from "./same";
