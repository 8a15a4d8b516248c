import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { kindOf, storyOf, timeText } from "../moment-text.ts";
import {
  goTo,
  goToNewest,
  isAtNewest,
  isPlaying,
  model,
  revision,
  shownNumber,
  step,
  subject,
  togglePlaying,
} from "../state/store.ts";
import { countText } from "../text.ts";

/** Where in the history one looks, and the way through it. */
export function Timeline(): VNode {
  revision.value;
  const { history } = model;
  const { beginningNumber, newestNumber } = history;
  const shown = shownNumber.value;
  const moment = history.moment(shown);
  const story = moment === undefined ? beginningStory(beginningNumber) : storyOf(moment.change);
  const isLive = subject.value?.kind === "live";
  return (
    <section class="timeline" aria-label="History of the tree">
      <fieldset class="steps">
        <legend class="unseen">Steps</legend>
        <button
          type="button"
          onClick={() => goTo(beginningNumber)}
          disabled={shown === beginningNumber}
          title="To the beginning"
        >
          <Icon path="M5 4v12M16 4 8 10l8 6z" label="To the beginning" />
        </button>
        <button type="button" onClick={() => step(-1)} disabled={shown === beginningNumber} title="A step back: [">
          <Icon path="M14 4 6 10l8 6z" label="A step back" />
        </button>
        <button type="button" onClick={togglePlaying} disabled={newestNumber === beginningNumber} title="Play: p">
          {isPlaying.value ? (
            <Icon path="M6 4h3v12H6zM11 4h3v12h-3z" label="Stop playing" />
          ) : (
            <Icon path="M6 3v14l11-7z" label="Play" />
          )}
        </button>
        <button type="button" onClick={() => step(1)} disabled={shown === newestNumber} title="A step on: ]">
          <Icon path="m6 4 8 6-8 6z" label="A step on" />
        </button>
        <button
          type="button"
          class="newest"
          onClick={goToNewest}
          aria-pressed={isAtNewest.value}
          title="Always the newest: l"
        >
          {isLive ? "Live" : "End"}
        </button>
      </fieldset>
      <div class="track">
        <div class="ticks-frame" aria-hidden="true">
          <Ticks />
        </div>
        <input
          type="range"
          min={beginningNumber}
          max={newestNumber}
          value={shown}
          disabled={newestNumber === beginningNumber}
          aria-label="Moment"
          aria-valuetext={`${shown} of ${newestNumber}: ${story}`}
          onInput={(event) => goTo(Number(event.currentTarget.value))}
        />
      </div>
      <p class="story">
        <span class="number">
          {countText(shown)} of {countText(newestNumber)}
        </span>
        <span aria-live={isPlaying.value || isAtNewest.value ? "off" : "polite"}>
          {moment !== undefined && timeText(moment) !== undefined && <time>{timeText(moment)}</time>} {story}
        </span>
      </p>
    </section>
  );
}

function beginningStory(forgotten: number): string {
  if (forgotten > 0) return `Where this history begins: ${countText(forgotten)} moments before it are forgotten.`;
  return subject.value?.kind === "live" ? "When the watching began." : "The beginning.";
}

function Icon({ path, label }: { readonly path: string; readonly label: string }): VNode {
  return (
    <svg viewBox="0 0 20 20" width="18" height="18" role="img" aria-label={label}>
      <path d={path} />
    </svg>
  );
}

/** How the moments lie along the track, as one picture: there may be thousands. */
function Ticks(): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current !== null) drawTicks(canvas.current);
  }, [revision.value]);
  return <canvas class="ticks" ref={canvas} />;
}

function drawTicks(canvas: HTMLCanvasElement): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = devicePixelRatio;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = canvas.getContext("2d");
  const { beginningNumber, newestNumber } = model.history;
  const count = newestNumber - beginningNumber;
  if (context === null || count === 0) return;
  context.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const thickness = Math.max(1, Math.min(3, width / count - 1));
  const every = Math.max(1, Math.floor(count / (width * 2)));
  for (let number = beginningNumber + 1; number <= newestNumber; number += every) {
    const moment = model.history.moment(number);
    if (moment === undefined) continue;
    context.fillStyle = style.getPropertyValue(`--${kindOf(moment.change)}`);
    const x = ((number - beginningNumber) / count) * width;
    context.fillRect(Math.min(x, width - thickness), 0, thickness, height);
  }
}
