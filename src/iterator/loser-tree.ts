/**
 * Which of many entrants comes first, kept up to date by one comparison per level when the first one changes
 * (tree of losers, Knuth, The Art of Computer Programming 3, §5.4.1).
 *
 * Entrants are numbers from 0 and sit on the leaves. Each inner node remembers the leaf that lost the match there, node 0
 * the winner of all. Node n has the children 2n and 2n+1; leaf l is node `leaves + l`.
 */

/** The answer of `best` when nobody is left, and what sits on an empty leaf. */
export const NOBODY = -1;

/** Decides a match. Entrants never tie. */
export interface Contest {
  precedes(a: number, b: number): boolean;
}

export class LoserTree {
  private readonly contest: Contest;
  private readonly entrants: Int32Array;
  private readonly losers: Int32Array;

  constructor(contest: Contest, entrants: readonly number[]) {
    this.contest = contest;
    this.entrants = Int32Array.from(entrants.length === 0 ? [NOBODY] : entrants);
    this.losers = new Int32Array(this.entrants.length);
    this.playAll();
  }

  /** The entrant that comes first, or NOBODY. */
  get best(): number {
    return this.entrants[this.losers[0]!]!;
  }

  /** Puts another entrant, or the same one after it changed, in the place of the best one. */
  replaceBest(entrant: number): void {
    const { entrants, losers } = this;
    const leaf = losers[0]!;
    entrants[leaf] = entrant;
    let winner = leaf;
    let winning = entrant;
    for (let node = (entrants.length + leaf) >>> 1; node > 0; node >>>= 1) {
      const rival = losers[node]!;
      const rivalling = entrants[rival]!;
      if (!this.wins(rivalling, winning)) continue;
      losers[node] = winner;
      winner = rival;
      winning = rivalling;
    }
    losers[0] = winner;
  }

  removeBest(): void {
    this.replaceBest(NOBODY);
  }

  private wins(a: number, b: number): boolean {
    if (a === NOBODY) return false;
    return b === NOBODY || this.contest.precedes(a, b);
  }

  private playAll(): void {
    const leaves = this.entrants.length;
    const winners = new Int32Array(leaves * 2);
    for (let leaf = 0; leaf < leaves; leaf++) winners[leaves + leaf] = leaf;
    for (let node = leaves - 1; node > 0; node--) {
      const left = winners[node * 2]!;
      const right = winners[node * 2 + 1]!;
      const leftWins = this.wins(this.entrants[left]!, this.entrants[right]!);
      winners[node] = leftWins ? left : right;
      this.losers[node] = leftWins ? right : left;
    }
    this.losers[0] = winners[1]!;
  }
}
