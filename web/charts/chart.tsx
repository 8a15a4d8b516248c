import { useSignal } from "@preact/signals";
import type { VNode } from "preact";

export type Series = {
  readonly name: string;
  /** Of what it tells, which decides its colour. */
  readonly kind: string;
  /** Oldest first. */
  readonly values: readonly (number | undefined)[];
};

export type ChartProps = {
  readonly title: string;
  readonly unit: (value: number) => string;
  /** The scale goes at least up to this. */
  readonly floor: number;
  /** Numbers are round in its powers: 1024 for bytes. */
  readonly base?: number;
  /** How many steps the width stands for; newer values stand further right. */
  readonly span: number;
  /** The same in words, where the steps are of time. */
  readonly time?: string;
  readonly series: readonly Series[];
  /** Where one is; undefined: at the newest. */
  readonly at?: number | undefined;
};

const WIDTH = 300;
const HEIGHT = 72;

/** Some curves over the same time, with the values where one points, or the newest. */
export function Chart({ title, unit, floor, base = 10, span, time, series, at }: ChartProps): VNode {
  const pointed = useSignal<number | undefined>(undefined);
  const length = Math.max(1, ...series.map(({ values }) => values.length));
  const top = niceAbove(Math.max(floor, ...series.flatMap(({ values }) => values.map((value) => value ?? 0))), base);
  const x = (index: number): number => WIDTH - ((length - 1 - index) / span) * WIDTH;
  const y = (value: number): number => HEIGHT - 1 - (value / top) * (HEIGHT - 4);
  const shownIndex = Math.max(0, Math.min(pointed.value ?? at ?? length - 1, length - 1));
  const point = (event: PointerEvent): void => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const steps = Math.round(((box.right - event.clientX) / box.width) * span);
    pointed.value = length - 1 - steps;
  };
  return (
    <figure class="chart">
      <figcaption>
        <h2>
          {title} {time !== undefined && <small>{time}</small>}
        </h2>
        <span class="top">{unit(top)}</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}: ${series.map((each) => `${each.name} ${textAt(each, at ?? length - 1, unit)}`).join(", ")}`}
        onPointerMove={point}
        onPointerLeave={() => {
          pointed.value = undefined;
        }}
      >
        <path class="ground" d={`M0 ${HEIGHT - 0.5}H${WIDTH}M0 ${y(top / 2)}H${WIDTH}`} />
        {series.map(({ name, kind, values }) => (
          <path key={name} class={`curve kind-${kind}`} d={curve(values, x, y)} />
        ))}
        {(pointed.value ?? at) !== undefined && <path class="pointer" d={`M${x(shownIndex)} 0V${HEIGHT}`} />}
      </svg>
      <ul class="legend">
        {series.map((each) => (
          <li key={each.name} class={`kind-${each.kind}`}>
            {each.name} <span>{textAt(each, shownIndex, unit)}</span>
          </li>
        ))}
      </ul>
    </figure>
  );
}

function textAt({ values }: Series, index: number, unit: (value: number) => string): string {
  const value = values[index];
  return value === undefined ? "-" : unit(value);
}

function curve(
  values: readonly (number | undefined)[],
  x: (index: number) => number,
  y: (value: number) => number,
): string {
  let path = "";
  let isDrawing = false;
  for (const [index, value] of values.entries()) {
    if (value !== undefined) path += `${isDrawing ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    isDrawing = value !== undefined;
  }
  return path;
}

/** The least round number that is not below the value: 1, 2, 5, 10, 20, … times a power of the base. */
function niceAbove(value: number, base: number): number {
  const unit = base ** Math.floor(Math.log(value) / Math.log(base) + 1e-9);
  const power = unit * 10 ** Math.floor(Math.log10(value / unit) + 1e-9);
  const digit = value / power;
  return (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10) * power;
}
