// Which part of which tensor a figure is about, in words.
import { whole } from "../../ui/format";
import { rowsOf } from "./part";
import { type Extent, placeFor } from "./state";

/** "rows 0 to 511 of 4,096", or that it is all of it. */
export function rowsText(extent: Extent): string {
  const at = placeFor(extent);
  if (!at) return "";
  if (at.rows.whole) return "the whole tensor";
  return `rows ${whole(at.rows.first)} to ${whole(at.rows.end - 1)} of ${whole(rowsOf(at.tensor))}`;
}

export const Subject = ({ extent }: { extent: Extent }) => {
  const at = placeFor(extent);
  return at ? (
    <>
      {at.tensor.name || at.file.name}, {rowsText(extent)}.
    </>
  ) : (
    "No tensor is chosen yet."
  );
};
