import { beforeEach, describe, expect, it, vi } from "vitest";
import { Calls, limits, Shed, TimedOut } from "@/server/calls";
import { catchLog } from "./log-lines";

let logged: ReturnType<typeof catchLog>;
let clock: number;
let calls: Calls;

beforeEach(() => {
  logged = catchLog();
  clock = 0;
  calls = new Calls(() => clock);
});

const answers = () => Promise.resolve("answer");
const refuses = () => Promise.reject(new Error("ECONNREFUSED"));

/** Never answers; the signal that ends it is over at once, and the clock goes on by what it was given. */
function hangs() {
  const given: number[] = [];
  vi.spyOn(AbortSignal, "timeout").mockImplementation((milliseconds) => {
    given.push(milliseconds);
    return AbortSignal.abort();
  });
  const attempt = () => {
    clock += given.at(-1) ?? 0;
    return Promise.reject(new Error("aborted"));
  };
  return { attempt, given };
}

/** One after the other. */
async function times(count: number, make: () => Promise<unknown>): Promise<void> {
  if (count > 0) {
    await make();
    await times(count - 1, make);
  }
}

async function open(count: number): Promise<void> {
  const { attempt } = hangs();
  await times(count, () => expect(calls.make(false, { attempts: 0 }, attempt)).rejects.toThrow(TimedOut));
  vi.restoreAllMocks();
  logged = catchLog();
}

describe("time-outs", () => {
  it("leave a read two attempts, and what is left of the call to the second", async () => {
    const { attempt, given } = hangs();
    const course = { attempts: 0 };

    await expect(calls.make(true, course, attempt)).rejects.toThrow(TimedOut);

    expect(course.attempts).toBe(2);
    expect(given).toEqual([2_000, 3_000]);
  });

  it("leave a write one attempt, as long as the call", async () => {
    const { attempt, given } = hangs();
    const course = { attempts: 0 };

    await expect(calls.make(false, course, attempt)).rejects.toThrow(TimedOut);

    expect(course.attempts).toBe(1);
    expect(given).toEqual([5_000]);
  });

  it("are as the environment says", () => {
    vi.stubEnv("BACKEND_TIMEOUT_SECONDS", "8");
    vi.stubEnv("BACKEND_ATTEMPT_SECONDS", "0.5");
    vi.stubEnv("BACKEND_RETRY_PERCENT", "0");
    vi.stubEnv("BACKEND_CONCURRENCY", "none");

    expect(limits()).toMatchObject({ timeoutMs: 8_000, attemptMs: 500, retryPercent: 0, concurrency: 100 });
  });
});

describe("repeating", () => {
  it("a read that got no answer gives the second one's", async () => {
    const course = { attempts: 0 };
    const attempt = vi.fn(answers).mockImplementationOnce(refuses);

    expect(await calls.make(true, course, attempt)).toBe("answer");
    expect(course.attempts).toBe(2);
  });

  it("a write is out of the question, whatever it failed of", async () => {
    const attempt = vi.fn(refuses);

    await expect(calls.make(false, { attempts: 0 }, attempt)).rejects.toThrow("ECONNREFUSED");
    expect(attempt).toHaveBeenCalledOnce();
  });

  it("stays within the budget: five, and then one of five calls", async () => {
    const attempt = vi.fn(refuses);
    await times(100, () => expect(calls.make(true, { attempts: 0 }, attempt)).rejects.toThrow("ECONNREFUSED"));

    const repeated = attempt.mock.calls.length - 100;
    expect(repeated).toBeGreaterThanOrEqual(20);
    expect(repeated).toBeLessThanOrEqual(25);
  });

  it("is not done at all where the budget is none", async () => {
    vi.stubEnv("BACKEND_RETRY_PERCENT", "0");
    const attempt = vi.fn(refuses);

    await expect(calls.make(true, { attempts: 0 }, attempt)).rejects.toThrow("ECONNREFUSED");
    expect(attempt).toHaveBeenCalledOnce();
  });

  it("is not saved up for: a long good time leaves five as well", async () => {
    await times(200, () => calls.make(true, { attempts: 0 }, answers));
    vi.stubEnv("BACKEND_RETRY_PERCENT", "1");
    const attempt = vi.fn(refuses);
    await times(20, () => expect(calls.make(true, { attempts: 0 }, attempt)).rejects.toThrow());

    expect(attempt).toHaveBeenCalledTimes(25);
  });
});

describe("the circuit", () => {
  it("opens after ten time-outs in a row, and nothing is sent for two seconds", async () => {
    await open(10);
    const attempt = vi.fn(answers);

    clock += 1_999;
    await expect(calls.make(true, { attempts: 0 }, attempt)).rejects.toMatchObject({ code: "backend_resting" });
    expect(attempt).not.toHaveBeenCalled();
    clock += 1;
    expect(await calls.make(true, { attempts: 0 }, attempt)).toBe("answer");
    expect(logged()).toMatchObject([{ level: "info", message: "The backend answers again: the circuit is closed" }]);
  });

  it("says so in the log", async () => {
    const { attempt } = hangs();
    const written = catchLog();
    await times(12, () => calls.make(false, { attempts: 0 }, attempt).catch(() => {}));

    expect(written()).toMatchObject([
      { level: "warning", message: "The backend timed out 10 times in a row: the circuit is open" },
    ]);
  });

  it("stays closed while some are answered", async () => {
    await times(5, async () => {
      await open(9);
      expect(await calls.make(false, { attempts: 0 }, answers)).toBe("answer");
    });
  });

  it("stays closed when calls fail at once", async () => {
    await times(20, () => expect(calls.make(false, { attempts: 0 }, refuses)).rejects.toThrow("ECONNREFUSED"));
  });

  it("lets one call try it, and opens again when that times out", async () => {
    await open(10);
    clock += 2_000;
    let end: (reason: Error) => void = () => {};
    const controller = new AbortController();
    vi.spyOn(AbortSignal, "timeout").mockReturnValue(controller.signal);
    const trial = calls.make(true, { attempts: 0 }, () => new Promise((_, reject) => (end = reject)));

    await expect(calls.make(true, { attempts: 0 }, answers)).rejects.toThrow(Shed);
    controller.abort();
    end(new Error("aborted"));
    await expect(trial).rejects.toThrow(TimedOut);
    vi.restoreAllMocks();
    catchLog();
    await expect(calls.make(true, { attempts: 0 }, answers)).rejects.toThrow(Shed);
    clock += 2_000;
    expect(await calls.make(true, { attempts: 0 }, answers)).toBe("answer");
  });
});

it("lets no more calls be under way than the limit, and others again when they are over", async () => {
  vi.stubEnv("BACKEND_CONCURRENCY", "2");
  const ends: (() => void)[] = [];
  const waits = () => new Promise<string>((resolve) => ends.push(() => resolve("answer")));
  const underWay = [calls.make(true, { attempts: 0 }, waits), calls.make(false, { attempts: 0 }, waits)];
  const attempt = vi.fn(answers);

  const course = { attempts: 0 };
  await expect(calls.make(true, course, attempt)).rejects.toMatchObject({
    code: "backend_busy",
    message: "Too many requests wait for the backend.",
  });
  expect(course.attempts).toBe(0);
  expect(attempt).not.toHaveBeenCalled();
  for (const end of ends) {
    end();
  }
  await Promise.all(underWay);
  expect(await calls.make(true, { attempts: 0 }, attempt)).toBe("answer");
});
