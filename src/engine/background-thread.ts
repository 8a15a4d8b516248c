import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { NewTable } from "../sstable/table-output.ts";
import type { JobRequest } from "./job.ts";
import { fromPlainError, type ThreadAnswer, type ThreadStart } from "./thread-protocol.ts";
import { THREAD_SOURCE } from "./thread-source.ts";

/** A stalled writer looks at the answers at least this often. */
const WAIT_MS = 5;
/** A thread that has work and shows no progress for so long is given up. A slice takes milliseconds, a sync on a bad disk seconds. */
const LOST_AFTER_MS = 30_000;

/** A job on the background thread. */
export interface ThreadJob {
  /** The tables once it is done; "lost" when the thread ended before. Throws the job's error. */
  poll(): "waiting" | "lost" | readonly NewTable[];
  /** Blocks this thread for a few milliseconds, or until the other one shows progress. */
  waitNow(): void;
  /** Resolves when there may be an answer, or after a while. Keeps the process alive meanwhile. */
  wait(): Promise<void>;
  /** Gives the job up; resolves when the thread has removed its files, with the tables of a job that had ended before. */
  cancel(): Promise<readonly NewTable[]>;
}

type RunningThread = { readonly worker: Worker; readonly port: MessagePort; readonly progress: Int32Array };

type Pending = { answer: ThreadAnswer | "lost" | undefined; wake: (() => void)[] };

/**
 * One worker thread for the whole process (design D2): it starts with the first job and ends when the last database that
 * retained it was closed. Jobs that were under way when it died are "lost", and a new one starts with the next job.
 */
export class BackgroundThread {
  readonly #program: string | undefined;
  readonly #lostAfterMs: number;
  readonly #listeners = new Set<() => void>();
  readonly #pending = new Map<number, Pending>();
  #jobs = 0;
  #running: RunningThread | undefined;
  #progressSeen = 0;
  #progressAt = 0;

  /** `program` is the thread's text; undefined: there is no thread, and `submit` takes no job. */
  constructor(program: string | undefined = THREAD_SOURCE, lostAfterMs: number = LOST_AFTER_MS) {
    this.#program = program;
    this.#lostAfterMs = lostAfterMs;
  }

  /** `onAnswer` is called after each answer that the event loop delivers. */
  retain(onAnswer: () => void): void {
    this.#listeners.add(onAnswer);
  }

  /** Ends the thread with its last user. Jobs of the user must have ended. */
  async release(onAnswer: () => void): Promise<void> {
    this.#listeners.delete(onAnswer);
    if (this.#listeners.size === 0) await this.#stop();
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Hands a job over; undefined where no thread can be had, so that the caller does it itself. */
  submit(request: JobRequest): ThreadJob | undefined {
    this.#running ??= this.#start();
    if (this.#running === undefined) return undefined;
    const job = ++this.#jobs;
    const pending: Pending = { answer: undefined, wake: [] };
    if (this.#pending.size === 0) this.#progressAt = performance.now();
    this.#pending.set(job, pending);
    this.#running.port.postMessage({ job, request });
    return {
      poll: () => this.#poll(job, pending),
      waitNow: () => this.#waitNow(),
      wait: () => this.#wait(pending),
      cancel: () => this.#cancel(job, pending),
    };
  }

  #poll(job: number, pending: Pending): "waiting" | "lost" | readonly NewTable[] {
    this.#drain();
    if (pending.answer === undefined) this.#checkProgress();
    const { answer } = pending;
    if (answer === undefined) return "waiting";
    this.#pending.delete(job);
    if (answer === "lost") return "lost";
    if ("failure" in answer) throw fromPlainError(answer.failure);
    return answer.tables;
  }

  /** Takes the answers that have arrived, also where the event loop does not turn. */
  #drain(): void {
    const port = this.#running?.port;
    if (port === undefined) return;
    for (let more = receiveMessageOnPort(port); more !== undefined; more = receiveMessageOnPort(port)) {
      this.#settle(more.message as ThreadAnswer);
    }
  }

  #settle(answer: ThreadAnswer): void {
    const pending = this.#pending.get(answer.job);
    if (pending === undefined) return;
    pending.answer = answer;
    for (const wake of pending.wake.splice(0)) wake();
  }

  async #cancel(job: number, pending: Pending): Promise<readonly NewTable[]> {
    if (!this.#pending.has(job)) return [];
    this.#running?.port.postMessage({ cancel: job });
    for (const wake of pending.wake.splice(0)) wake();
    while (pending.answer === undefined) {
      await this.#wait(pending);
      this.#checkProgress();
    }
    this.#pending.delete(job);
    const { answer } = pending;
    return answer !== "lost" && "tables" in answer ? answer.tables : [];
  }

  #waitNow(): void {
    if (this.#running === undefined) return;
    Atomics.wait(this.#running.progress, 0, this.#progressSeen, WAIT_MS);
  }

  /** Gives up a thread that has work and has not moved for long. */
  #checkProgress(): void {
    const running = this.#running;
    if (running === undefined) return;
    const seen = Atomics.load(running.progress, 0);
    if (seen !== this.#progressSeen) {
      this.#progressSeen = seen;
      this.#progressAt = performance.now();
    } else if (performance.now() - this.#progressAt > this.#lostAfterMs) {
      void running.worker.terminate();
      this.#lose();
    }
  }

  async #wait(pending: Pending): Promise<void> {
    if (pending.answer !== undefined) return;
    const { port, worker } = this.#running ?? {};
    // Whoever waits must live to see the end; while nobody does, the thread keeps no process alive.
    port?.ref();
    worker?.ref();
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        // Others may be waiting for the same job.
        pending.wake = pending.wake.filter((other) => other !== wake);
        resolve();
      }, this.#lostAfterMs);
      pending.wake.push(wake);
    });
    if ([...this.#pending.values()].every((other) => other.wake.length === 0)) {
      port?.unref();
      worker?.unref();
    }
  }

  #start(): RunningThread | undefined {
    if (this.#program === undefined) return undefined;
    const { port1: port, port2 } = new MessageChannel();
    const progress = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const start: ThreadStart = { port: port2, progress };
    const worker = startWorker(this.#program, start);
    if (worker === undefined) {
      port.close();
      return undefined;
    }
    worker.unref();
    const end = () => {
      if (this.#running?.worker === worker) this.#lose();
    };
    worker.on("error", end).on("exit", end);
    port.on("message", (answer: ThreadAnswer) => {
      this.#settle(answer);
      for (const listener of [...this.#listeners]) listener();
    });
    port.unref();
    this.#progressSeen = 0;
    this.#progressAt = performance.now();
    return { worker, port, progress };
  }

  /** The thread is gone: its jobs are begun again by whoever asked for them. */
  #lose(): void {
    this.#running?.port.close();
    this.#running = undefined;
    for (const pending of this.#pending.values()) {
      pending.answer ??= "lost";
      for (const wake of pending.wake.splice(0)) wake();
    }
    for (const listener of [...this.#listeners]) listener();
  }

  async #stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.port.close();
    await running?.worker.terminate();
  }
}

/** Undefined where the system refuses a thread: too many of them, too little memory, Node's permission model. */
function startWorker(program: string, start: ThreadStart): Worker | undefined {
  try {
    return new Worker(program, { eval: true, workerData: start, transferList: [start.port], execArgv: [] });
  } catch {
    return undefined;
  }
}

/** Two copies of the library in one process, as ES module and CommonJS, share the thread when they speak the same protocol. */
const SHARED = Symbol.for("mini-lsm-cli.background-thread.1");

/** The process's thread. */
export function backgroundThread(): BackgroundThread {
  const registry = globalThis as { [SHARED]?: BackgroundThread };
  registry[SHARED] ??= new BackgroundThread();
  return registry[SHARED];
}
