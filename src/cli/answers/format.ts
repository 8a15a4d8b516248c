import { helpText } from "../language/help.ts";
import { structureText } from "./engine-text.ts";
import type { Outcome } from "./outcome.ts";
import { counted, sizeText } from "./quantity.ts";
import type { Screen } from "./screen.ts";
import { visible, visibleText } from "./text.ts";
import type { TextBuffer } from "./text-buffer.ts";

const EQUALS = 0x3d;
const NEWLINE = 0x0a;

/** Appends the answer to a command, whole lines, for stdout. An interruption has its line on stderr instead. */
export function formatOutcome(text: TextBuffer, outcome: Outcome, screen: Screen): void {
  if (outcome.kind === "found") {
    const { key, value } = outcome;
    text.text(visible(key)).ascii(EQUALS).byteString(value, 0, value.length).ascii(NEWLINE);
  } else if (outcome.kind === "drawn") {
    text.text(outcome.draw(screen));
  } else {
    text.text(answer(outcome));
  }
}

function answer(outcome: Exclude<Outcome, { kind: "found" | "drawn" }>): string {
  switch (outcome.kind) {
    case "filled":
      return `${outcome.count} values filled with epoch ${outcome.epoch}\n`;
    case "missing":
      return `${visible(outcome.key)} not exist\n`;
    case "stored":
      return `${visible(outcome.key)} put\n`;
    case "deleted":
      return `${visible(outcome.key)} deleted\n`;
    case "scanned":
      return `\n${outcome.count} keys scanned\n`;
    case "begun":
      return outcome.isolation === "serializable" ? "serializable transaction begun\n" : "transaction begun\n";
    case "committed":
      return "transaction committed\n";
    case "rolledBack":
      return "transaction rolled back\n";
    case "snapshotTaken":
      return `snapshot ${visible(outcome.name)} taken\n`;
    case "snapshotReleased":
      return `snapshot ${visible(outcome.name)} released\n`;
    case "structure":
      return `${structureText(outcome.tree)}dump success\n`;
    case "live":
      return `live page: ${outcome.url}\n`;
    case "flushed":
      return "flush success\n";
    case "fullyCompacted":
      return "full compaction success\n";
    case "backedUp": {
      const counts = [counted(outcome.tables, "table"), counted(outcome.entries, "entry"), sizeText(outcome.sizeBytes)];
      return `backed up to ${visibleText(outcome.to)}: ${counts.join(", ")}, nothing is wrong\n`;
    }
    case "timing":
      return outcome.isOn ? "timing is on\n" : "timing is off\n";
    case "watched":
      return `watched ${outcome.rounds} ${outcome.rounds === 1 ? "time" : "times"}\n`;
    case "help":
      return helpText(outcome.topic);
    case "destroyed":
      return destroyedText(outcome);
    case "kept":
      return `${visibleText(outcome.path)} kept\n`;
    case "left":
    case "sourced":
    case "interrupted":
      return "";
  }
}

function destroyedText({ path, files }: Extract<Outcome, { kind: "destroyed" }>): string {
  const summary = `${visibleText(path)} destroyed: ${files.removed.length} files removed\n`;
  return files.left.length === 0 ? summary : `${summary}left in place: ${files.left.map(visibleText).join(", ")}\n`;
}
