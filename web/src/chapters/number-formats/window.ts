/** The part of the line that is drawn: all of it, or a window of 1/zoom of it that has the number in its middle. */
export function windowAround(number: number, reach: number, zoom: number): readonly [number, number] {
  const half = reach / zoom;
  if (zoom === 1) return [-reach, reach];
  const middle = Math.max(-reach + half, Math.min(reach - half, number));
  return [middle - half, middle + half];
}
