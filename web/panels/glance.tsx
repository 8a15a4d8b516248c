import type { VNode } from "preact";
import { amplificationIn } from "../../src/tools/live/figures.ts";
import type { Figures } from "../../src/tools/live/source.ts";
import { kindOf, timeText, titleOf } from "../moment-text.ts";
import { figures, goTo, isAtNewest, model, revision, scene, shownNumber, subject } from "../state/store.ts";
import { bytesText, countText, millisecondsText, percentText, ratioText } from "../text.ts";

/** Moments that are listed, and how many of them are newer than the one that is looked at. */
const LISTED_MAX = 60;
const NEWER_MAX = 5;

/** The side of the page while no table is looked into: figures, and what happened lately. */
export function Glance(): VNode {
  const now = isAtNewest.value ? figures.value : undefined;
  return (
    <>
      <section class="panel" aria-labelledby="figures-heading">
        <h2 id="figures-heading">{now !== undefined ? "Now" : "At this moment"}</h2>
        {now !== undefined ? <LiveFigures figures={now} /> : <PastFigures />}
      </section>
      <Moments />
    </>
  );
}

function LiveFigures({ figures: { stats, writtenBytes } }: { readonly figures: Figures }): VNode {
  const { counters, blockCache, filters } = stats;
  const { read, write, space } = stats.amplification;
  const lookups = blockCache.hits + blockCache.misses;
  const asked = filters.refusals + filters.passes;
  return (
    <dl class="figures">
      <Figure name="Tables" value={countText(stats.tables)} more={bytesText(stats.tableBytes)} />
      <Figure name="Written" value={bytesText(writtenBytes)} more="since watching" />
      <Figure name="Flushes" value={countText(counters.flushes)} more={bytesText(counters.flushedBytes)} />
      <Figure
        name="Compactions"
        value={countText(counters.compactions)}
        more={`${bytesText(counters.compactedBytesWritten)} written`}
      />
      <Figure name="Write amp." value={ratioText(write)} more="written per flushed" />
      <Figure name="Read amp." value={countText(read)} more="places to look into" />
      <Figure name="Space amp." value={ratioText(space)} more="of the oldest run" />
      <Figure
        name="Block cache"
        value={percentText(blockCache.hits, lookups)}
        more={`hits · ${bytesText(blockCache.usedBytes)}`}
      />
      <Figure name="Bloom filters" value={percentText(filters.refusals, asked)} more="of look-ups refused" />
      <Figure
        name="Stalls"
        value={countText(counters.stalls)}
        more={`${millisecondsText(counters.stalledMs)} ms waited`}
      />
      <Figure
        name="Memtables"
        value={bytesText(stats.memtableMemoryBytes)}
        more={`${countText(stats.immutableMemtables)} frozen`}
      />
    </dl>
  );
}

/** What the history tells of a moment that is over. */
function PastFigures(): VNode {
  const { tree, totals, frozen } = scene.value;
  // Nobody writes down how long writers waited, and simulated ones never do.
  const isLive = subject.value?.kind === "live";
  const tables = tree.level0.length + tree.levels.reduce((sum, level) => sum + level.tables.length, 0);
  const { read, write } = amplificationIn(scene.value, model.history.tables, model.memtables);
  return (
    <dl class="figures">
      <Figure
        name="Tables"
        value={countText(tables)}
        more={frozen.length > 0 ? `${countText(frozen.length)} frozen memtables` : "in the tree"}
      />
      <Figure name="Flushes" value={countText(totals.flushes)} more="so far" />
      <Figure name="Compactions" value={countText(totals.compactions)} more="so far" />
      <Figure name="Write amp." value={ratioText(write)} more="tables per flush" />
      <Figure name="Read amp." value={countText(read)} more="places to look into" />
      {isLive && (
        <Figure
          name="Stalls"
          value={countText(totals.stalls)}
          more={`${millisecondsText(totals.stalledMs)} ms waited`}
        />
      )}
    </dl>
  );
}

function Figure(props: { readonly name: string; readonly value: string; readonly more: string }): VNode {
  return (
    <div class="figure">
      <dt>{props.name}</dt>
      <dd>
        <b>{props.value}</b> <span>{props.more}</span>
      </dd>
    </div>
  );
}

function Moments(): VNode {
  revision.value;
  const { history } = model;
  const shown = shownNumber.value;
  const last = Math.min(history.newestNumber, shown + NEWER_MAX);
  const first = Math.max(history.beginningNumber + 1, last - LISTED_MAX + 1);
  const numbers = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => last - index);
  return (
    <section class="panel moments" aria-labelledby="moments-heading">
      <h2 id="moments-heading">What happened</h2>
      {numbers.length === 0 && <p class="empty">Nothing yet.</p>}
      <ol reversed start={last}>
        {numbers.map((number) => {
          const moment = history.moment(number);
          if (moment === undefined) return null;
          return (
            <li key={number}>
              <button
                type="button"
                class={`moment kind-${kindOf(moment.change)}`}
                aria-current={number === shown ? "step" : undefined}
                onClick={() => goTo(number)}
              >
                <span>{titleOf(moment.change)}</span>
                <time>{timeText(moment) ?? number}</time>
              </button>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
