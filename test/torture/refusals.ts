import type { Random } from "../../src/fs/crash-states.ts";
import type { Call } from "../../src/fs/memory-calls.ts";
import type { DatabaseFormat } from "../../src/options.ts";
import { callsOf, type Fault, faultsAt, injectionsFor, runWithFault } from "../support/crash-faults.ts";
import { type RandomScript, randomScript } from "../support/crash-random.ts";
import { randomOf } from "../support/random.ts";
import { callSiteOf, injectionName } from "./call-sites.ts";
import { type Counts, expectNoFaults, type TortureProgram } from "./program.ts";
import { formatOf, simulated } from "./simulation.ts";

/** Every call site that was refused, with how it was. */
export type Refused = Map<string, Set<string>>;

/**
 * Random scripts in simulated worlds, each run once for each of `runs` refusals: of one call, of every later one of its
 * kind, or of two that follow. Those that were not tried before come first, and then what only such a refusal leads to is
 * refused as well. The handle must answer right and what was acknowledged must be there for the next one.
 */
export class Refusals {
  readonly refused: Refused = new Map();

  /** What a refusal led to in the scripts of this run: by site and kind, the fault with that as its second one. */
  readonly #consequences = new Map<string, Fault>();

  async run(seed: number, format: DatabaseFormat, steps: number, runs: number): Promise<Counts> {
    const random = randomOf(seed);
    const script = randomScript(seed, format, steps);
    const sites = new Map<number, string>();
    const calls = await simulated(seed, (fs) => callsOf(script.script, script.options, fs, noteSites(sites)));
    const told = { "told to the caller": 0, "told by an event": 0, "told to nobody": 0 };
    const tryAndTell = async (fault: Fault): Promise<void> => {
      const outcome = await this.#try(seed, script, fault);
      expectNoFaults(outcome.faults);
      told[
        outcome.told === "the caller"
          ? "told to the caller"
          : outcome.told === "an event"
            ? "told by an event"
            : "told to nobody"
      ]++;
    };
    for (const fault of this.#chosen(calls, sites, random).slice(0, runs)) {
      // Alone at first, to see what it leads to.
      const isKnown = this.#isRefused(sites.get(fault.call.number) ?? "", injectionName(fault.injection));
      await tryAndTell(isKnown && random(3) === 0 ? withSecond(fault, random) : fault);
    }
    for (const [consequence, fault] of this.#consequences) {
      this.#consequences.delete(consequence);
      if (!this.#isRefused(...siteAndKind(consequence))) await tryAndTell(fault);
    }
    return { "calls in the script": calls.length, ...told };
  }

  async #try(seed: number, { script, options }: RandomScript, fault: Fault) {
    return await simulated(seed, (fs) =>
      runWithFault(script, options, fault, {
        fs,
        onRefusal: (call, injection) => {
          const site = callSiteOf(call);
          this.refused.set(site, (this.refused.get(site) ?? new Set()).add(injectionName(injection)));
        },
        onCallAfter: (call, afterCalls) => {
          if (fault.second !== undefined) return;
          const site = callSiteOf(call);
          for (const injection of injectionsFor(call)) {
            const kind = injectionName(injection);
            if (this.#isRefused(site, kind)) continue;
            this.#consequences.set(`${site}: ${kind}`, {
              ...fault,
              second: { afterCalls, injection: () => injection },
            });
          }
        },
      }),
    );
  }

  #isRefused(site: string, kind: string): boolean {
    return this.refused.get(site)?.has(kind) === true;
  }

  /** One of each kind that was not tried, in random order, and then the others. */
  #chosen(calls: readonly Call[], sites: ReadonlyMap<number, string>, random: Random): Fault[] {
    const faults = shuffled(calls.flatMap(faultsAt), random);
    const seen = new Set<string>();
    const isNew = ({ call, injection }: Fault): boolean => {
      const site = sites.get(call.number) ?? "";
      const kind = injectionName(injection);
      if (this.#isRefused(site, kind) || seen.has(`${site} ${kind}`)) return false;
      seen.add(`${site} ${kind}`);
      return true;
    };
    const first = faults.filter(isNew);
    return [...first, ...faults.filter((fault) => !first.includes(fault))];
  }
}

function siteAndKind(consequence: string): [site: string, kind: string] {
  const end = consequence.lastIndexOf(": ");
  return [consequence.slice(0, end), consequence.slice(end + 2)];
}

function noteSites(sites: Map<number, string>): (call: Call) => void {
  return (call) => sites.set(call.number, callSiteOf(call));
}

function withSecond(fault: Fault, random: Random): Fault {
  const [afterCalls, which] = [1 + random(30), random(5)];
  const injection = (call: Call) => {
    const injections = injectionsFor(call);
    return injections[which % injections.length] ?? "EIO";
  };
  return { ...fault, second: { afterCalls, injection } };
}

function shuffled<Value>(values: readonly Value[], random: Random): Value[] {
  const result = [...values];
  for (let place = result.length - 1; place > 0; place--) {
    const other = random(place + 1);
    [result[place], result[other]] = [result[other] as Value, result[place] as Value];
  }
  return result;
}

const refusals = new Refusals();

export const REFUSALS: TortureProgram = {
  name: "refusals",
  about: "EIO, ENOSPC, EMFILE, short writes and failed syncs at every call of random scripts",
  run: async (seed) => {
    const counts = await refusals.run(seed, formatOf(seed), 30, 250);
    return counts;
  },
};
