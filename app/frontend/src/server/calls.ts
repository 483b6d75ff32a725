import { log } from "./log";

/** What calls of the backend are bounded by. */
export interface Limits {
  /** A call in all. */
  timeoutMs: number;
  /** The first attempt of a call that may be repeated; a second one has what is left of the call. */
  attemptMs: number;
  /** Attempts that may be repeated, of 100 calls; none at all with 0. */
  retryPercent: number;
  /** Calls under way at once; more would wait in vain for a backend that does not keep up. */
  concurrency: number;
  /** Time-outs in a row after which the backend is left alone. */
  openAfter: number;
  /** How long it is left alone. */
  openMs: number;
}

/** Attempts that may be repeated besides, so that where little is asked some can be. */
const RESERVE = 5;

/** The limits that the environment gives, where it does. */
export function limits(): Limits {
  return {
    timeoutMs: given("BACKEND_TIMEOUT_SECONDS", 5) * 1000,
    attemptMs: given("BACKEND_ATTEMPT_SECONDS", 2) * 1000,
    retryPercent: given("BACKEND_RETRY_PERCENT", 20),
    concurrency: given("BACKEND_CONCURRENCY", 100),
    openAfter: given("BACKEND_OPEN_AFTER", 10),
    openMs: given("BACKEND_OPEN_SECONDS", 2) * 1000,
  };
}

function given(name: string, otherwise: number): number {
  const value = Number.parseFloat(process.env[name] ?? "");
  return value >= 0 ? value : otherwise;
}

/** A call that was not made, so that the backend and those who wait for it are spared. */
export class Shed extends Error {
  constructor(
    readonly code: "backend_busy" | "backend_resting",
    message: string,
  ) {
    super(message);
  }
}

/** No attempt was answered in time. */
export class TimedOut extends Error {}

/** What became of a call so far: filled in as it goes on, also where it fails. */
export interface Course {
  attempts: number;
}

/**
 * Calls of one backend. Only such as may be repeated are, once, when they got no answer, and only as often as the budget
 * lets them: where everything fails, repeating would double what nobody can answer. Time-outs in a row open the circuit:
 * for a while nothing is sent, then one call tries. What fails at once opens nothing, since it keeps nobody waiting.
 */
export class Calls {
  #underWay = 0;
  #tokens = RESERVE;
  #timeOuts = 0;
  /** When the circuit may be tried again; 0 while it is closed. */
  #openUntil = 0;
  #trying = false;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /**
   * Makes a call.
   *
   * @param repeatable whether it does the same when it is made twice
   * @param course is told of its attempts
   * @param attempt makes one attempt, which ends by the signal
   * @throws Shed when nothing was sent, TimedOut, or what the last attempt threw
   */
  async make<T>(repeatable: boolean, course: Course, attempt: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const bounds = limits();
    if (this.#underWay >= bounds.concurrency) {
      throw new Shed("backend_busy", "Too many requests wait for the backend.");
    }
    this.#underWay += 1;
    this.#tokens = Math.min(RESERVE, this.#tokens + bounds.retryPercent / 100);
    try {
      const end = this.now() + bounds.timeoutMs;
      const first = Math.min(repeatable ? bounds.attemptMs : bounds.timeoutMs, bounds.timeoutMs);
      try {
        return await this.#once(first, bounds, course, attempt);
      } catch (error) {
        if (error instanceof Shed || !repeatable || !this.#mayRepeat(end, bounds)) {
          throw error;
        }
        return await this.#once(end - this.now(), bounds, course, attempt);
      }
    } finally {
      this.#underWay -= 1;
    }
  }

  async #once<T>(
    milliseconds: number,
    bounds: Limits,
    course: Course,
    attempt: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const trying = this.#admit();
    course.attempts += 1;
    const signal = AbortSignal.timeout(Math.max(1, Math.round(milliseconds)));
    try {
      const answer = await attempt(signal);
      this.#settle(false, trying, bounds);
      return answer;
    } catch (error) {
      this.#settle(signal.aborted, trying, bounds);
      throw signal.aborted ? new TimedOut() : error;
    }
  }

  /** Lets an attempt through, and says whether it is the one that tries an open circuit. */
  #admit(): boolean {
    if (this.#openUntil === 0) {
      return false;
    }
    if (this.#trying || this.now() < this.#openUntil) {
      throw new Shed("backend_resting", "The backend did not answer for a while; it is asked again soon.");
    }
    this.#trying = true;
    return true;
  }

  #settle(timedOut: boolean, trying: boolean, bounds: Limits): void {
    if (trying) {
      this.#trying = false;
    }
    if (!timedOut) {
      if (this.#openUntil !== 0) {
        log("info", "The backend answers again: the circuit is closed", {});
      }
      this.#timeOuts = this.#openUntil = 0;
      return;
    }
    this.#timeOuts += 1;
    if (trying) {
      this.#openUntil = this.now() + bounds.openMs;
    } else if (this.#openUntil === 0 && this.#timeOuts >= bounds.openAfter) {
      log("warning", `The backend timed out ${this.#timeOuts} times in a row: the circuit is open`, {});
      this.#openUntil = this.now() + bounds.openMs;
    }
  }

  #mayRepeat(end: number, bounds: Limits): boolean {
    if (bounds.retryPercent === 0 || this.#openUntil !== 0 || this.#tokens < 1 || this.now() >= end) {
      return false;
    }
    this.#tokens -= 1;
    return true;
  }
}
