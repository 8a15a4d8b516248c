import type { VNode } from "preact";
import { model, revision, shownNumber, subject } from "../state/store.ts";
import { bytesText, ratioText } from "../text.ts";
import { Chart, type Series } from "./chart.tsx";
import { historySeries } from "./history-series.ts";

/** How far back the curves go: as far as there is something to show, in steps, so that they seldom change their scale. */
const WINDOWS_S: readonly number[] = [30, 60, 120];

/** Throughput, amplification and stalls over time; of a history that has no times, amplification over its moments. */
export function Curves(): VNode | null {
  return subject.value?.kind === "live" ? <LiveCurves /> : <RecordedCurves />;
}

function LiveCurves(): VNode {
  revision.value;
  const span = WINDOWS_S.find((window) => model.points.length <= window + 1) ?? WINDOWS_S.at(-1) ?? 0;
  const points = model.points.slice(-(span + 1));
  const time = `last ${span} s`;
  const rates = points.slice(1).map((point, index) => {
    const before = points[index] ?? point;
    const seconds = Math.max(0.001, (point.atMs - before.atMs) / 1000);
    return {
      written: (point.writtenBytes - before.writtenBytes) / seconds,
      flushed: (point.flushedBytes - before.flushedBytes) / seconds,
      compacted: (point.compactedBytesWritten - before.compactedBytesWritten) / seconds,
      stalled: Math.min(1, (point.stalledMs - before.stalledMs) / 1000 / seconds),
    };
  });
  const of = (name: string, kind: string, values: readonly (number | undefined)[]): Series => ({ name, kind, values });
  const amplifications = points.slice(1).map((point) => point.amplification);
  return (
    <section class="curves" aria-label="Over time">
      <Chart
        title="Throughput"
        unit={(value) => `${bytesText(value)}/s`}
        floor={1024}
        base={1024}
        span={span}
        time={time}
        series={[
          of(
            "written",
            "memory",
            rates.map(({ written }) => written),
          ),
          of(
            "flushed",
            "flush",
            rates.map(({ flushed }) => flushed),
          ),
          of(
            "compacted",
            "compaction",
            rates.map(({ compacted }) => compacted),
          ),
        ]}
      />
      <Chart
        title="Amplification"
        unit={ratioText}
        floor={2}
        span={span}
        time={time}
        series={[
          of(
            "write",
            "flush",
            amplifications.map(({ write }) => write),
          ),
          of(
            "read",
            "compaction",
            amplifications.map(({ read }) => read),
          ),
          of(
            "space",
            "memory",
            amplifications.map(({ space }) => space),
          ),
        ]}
      />
      <Chart
        title="Stalls"
        unit={(value) => `${Math.round(value * 1000)} ms/s`}
        floor={0.02}
        span={span}
        time={time}
        series={[
          of(
            "writers waited",
            "stall",
            rates.map(({ stalled }) => stalled),
          ),
        ]}
      />
    </section>
  );
}

function RecordedCurves(): VNode | null {
  revision.value;
  const { read, write, tables } = historySeries(model);
  if (tables.length < 2) return null;
  const span = tables.length - 1;
  const { beginningNumber, newestNumber } = model.history;
  const at = Math.round(((shownNumber.value - beginningNumber) / (newestNumber - beginningNumber)) * span);
  return (
    <section class="curves" aria-label="Over the history">
      <Chart
        title="Tables"
        unit={(value) => value.toFixed(0)}
        floor={4}
        span={span}
        at={at}
        series={[{ name: "tables", kind: "compaction", values: tables }]}
      />
      <Chart
        title="Write amplification"
        unit={ratioText}
        floor={2}
        span={span}
        at={at}
        series={[{ name: "tables written per flush", kind: "flush", values: write }]}
      />
      <Chart
        title="Read amplification"
        unit={(value) => value.toFixed(0)}
        floor={4}
        span={span}
        at={at}
        series={[{ name: "places to look into", kind: "memory", values: read }]}
      />
    </section>
  );
}
