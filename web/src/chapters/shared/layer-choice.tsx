// Which layer a playground runs on: a matrix of the language model, or a synthetic one. Until the model is here, and in a
// page that was built without it, the synthetic layer stands in.
import { modelFiles, modelStatus, wakeModel } from "../../core/model";
import type { LayerSource } from "../../core/requests";
import type { Field, ViewState } from "../../state/view-state";
import { Select, Switch } from "../../ui/choice";

const kSynthetic = "synthetic";
/**
 * So large the planted channels are made, in every figure as in the rows of the sweep: like those of models beyond 6.7
 * billion weights beside the rest.
 */
export const kPlanted = 20;

const kBlocks = [0, 1, 2, 3];
const kMatrices = [
  ["self_attn.q_proj", "query"],
  ["self_attn.k_proj", "key"],
  ["self_attn.v_proj", "value"],
  ["self_attn.o_proj", "output"],
  ["mlp.gate_proj", "gate"],
  ["mlp.up_proj", "up"],
  ["mlp.down_proj", "down"],
] as const;

export const kLayers = kBlocks.flatMap((block) =>
  kMatrices.map(
    ([matrix, name]) => [`model.layers.${block}.${matrix}.weight`, `block ${block + 1}, ${name}`] as const,
  ),
);
const kOptions = [...kLayers, [kSynthetic, "synthetic layer"] as const];

/** "query matrix in block 2" */
function nameOf(layer: string): string {
  const [block, name] = kLayers.find(([id]) => id === layer)?.[1].split(", ") ?? [];
  return block && name ? `${name} matrix in ${block}` : layer;
}

/** So many of a layer's first outputs and inputs. */
export interface Corner {
  layer_rows: number;
  layer_columns: number;
}
/** "query matrix in block 2 (its first 16 outputs and 32 inputs)" */
export const cornerOf = (layer: string, { layer_rows, layer_columns }: Corner): string =>
  `${nameOf(layer)} (its first ${layer_rows} outputs and ${layer_columns} inputs)`;

/** What a request says of its layer. */
export function layerFrom(
  layer: string,
  synthetic: LayerSource,
  own: Pick<LayerSource, "layer_tokens" | "layer_rows" | "layer_columns" | "plant_outliers"> = {},
): LayerSource {
  if (layer === kSynthetic) return synthetic;
  wakeModel();
  return modelFiles.value ? { layer, ...own } : synthetic;
}

/** The layer of a chapter with a switch for planted outliers; the synthetic ones stand in for it with and without. */
export function plantableLayer(
  { layer, planted }: { layer: string; planted: boolean },
  withOutliers: LayerSource,
  calm: LayerSource,
): LayerSource {
  return layerFrom(layer, planted ? withOutliers : calm, { plant_outliers: plantedBy(planted) });
}
/** `plant_outliers` of a request; 1: none. */
export const plantedBy = (planted: boolean): number => (planted ? kPlanted : 1);

/** The same as layerFrom for the reader; `what` is the part of the model, `inputs` whether the figure looks at them too. */
export function layerWords(layer: string, synthetic: string, what = nameOf(layer), inputs = true): string {
  if (layer === kSynthetic) return synthetic;
  const real = `The reference model’s ${what}${inputs ? ", with the inputs that it sees on a text" : ""}.`;
  if (import.meta.env.SSR || modelFiles.value) return real;
  switch (modelStatus.value.state) {
    case "missing":
      return `${synthetic} This copy of the page was built without the reference model.`;
    case "failed":
      return `${synthetic} The reference model could not be loaded.`;
    default:
      return `${synthetic} The reference model’s ${what} takes its place once it is loaded.`;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: any chapter with a layer among its settings
export const LayerSelect = ({ view }: { view: ViewState<any> }) => (
  <Select field={view.field("layer")} name="Layer" options={kOptions} />
);

export function PlantedSwitch({ field }: { field: Field<boolean> }) {
  return (
    <Switch
      field={field}
      name="Planted outliers"
      hint={`four channels ${kPlanted} times as large, as in some models of 6.7 billion weights and more; the model’s function stays`}
    />
  );
}
