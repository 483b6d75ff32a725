import { render, screen, waitFor, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { renderToString } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { TodoApp } from "@/components/todo-app";
import { TestServer } from "./server";

const person = userEvent.setup();

const input = () => screen.getByLabelText<HTMLInputElement>("New todo");
const button = (name: string) => screen.getByRole("button", { name });
const checkbox = (title: string) => screen.getByRole<HTMLInputElement>("checkbox", { name: title });
const titles = () => screen.queryAllByRole("listitem").map((row) => row.textContent);
const news = () => screen.getByRole("status").textContent;
const hear = (message: string) => waitFor(() => expect(news()).toBe(message));
const alerts = () => screen.queryAllByRole("alert").map((alert) => alert.textContent);

/** Opens the page on a server that holds todos with these titles, newest first. */
async function open(...stored: string[]): Promise<TestServer> {
  const server = new TestServer(...stored);
  render(<TodoApp />);
  await waitFor(() => expect(screen.queryByText("Loading…")).toBeNull());
  return server;
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `Todo ${count - index}`);

describe("opening", () => {
  it("tells that it loads, then shows the todos in the server's order", async () => {
    const server = new TestServer("Newer", "Older");
    const release = server.hold();
    render(<TodoApp />);

    expect(screen.getByRole("region", { name: "Your todos" }).getAttribute("aria-busy")).toBe("true");
    expect(screen.getByText("Loading…")).toBeTruthy();

    release();
    await screen.findByText("Newer");
    expect(titles()).toEqual(["Newer", "Older"]);
    expect(screen.getByText("2 todos")).toBeTruthy();
    expect(server.requests).toEqual(["GET /api/todos?limit=20&offset=0"]);
  });

  it("says when there is nothing to do", async () => {
    await open();

    expect(screen.getByText("Nothing to do yet")).toBeTruthy();
    expect(screen.queryByRole("list")).toBeNull();
  });

  it("takes no input before it can react to it", () => {
    const page = renderToString(<TodoApp />);

    expect(page).toMatch(/<input [^>]*disabled=""/);
    expect(page).toMatch(/<button [^>]*disabled=""[^>]*>Add/);
  });

  it("says what went wrong, and tries again", async () => {
    const server = new TestServer("Stored");
    server.failOnce(503);
    render(<TodoApp />);

    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("Todos are not available right now. Try again in a moment.");
    expect(screen.queryByText("Nothing to do yet")).toBeNull();

    await person.click(within(alert).getByRole("button", { name: "Try again" }));
    await screen.findByText("Stored");
    expect(alerts()).toEqual([]);
    expect(document.activeElement).toBe(screen.getByRole("region", { name: "Your todos" }));
  });

  it.each([
    ["no JSON", () => new Response("<html>")],
    ["no list", () => Response.json({ items: [{ id: 1 }], total: 1 })],
    ["status 500", () => new Response("", { status: 500 })],
  ])("does not take %s for an answer", async (_, answer) => {
    const server = new TestServer();
    server.once(answer);
    render(<TodoApp />);

    expect((await screen.findByRole("alert")).textContent).toContain("Something went wrong on the server.");
  });
});

describe("adding", () => {
  it("shows a todo once the server has stored it, and is ready for the next one", async () => {
    const server = await open("Older");
    const release = server.hold();

    await person.type(input(), "  Buy milk {Enter}");
    expect(titles()).toEqual(["Older"]);
    expect(input().value).toBe("  Buy milk ");
    expect(input().readOnly).toBe(true);

    release();
    await waitFor(() => expect(titles()).toEqual(["Buy milk", "Older"]));
    expect(server.todos.map((todo) => todo.title)).toEqual(["Buy milk", "Older"]);
    await hear("Added Buy milk");
    await waitFor(() => expect(input().value).toBe(""));
    expect(document.activeElement).toBe(input());
    expect(screen.getByText("2 todos")).toBeTruthy();
  });

  it("stores the day on which it is due, if one is given, and shows it", async () => {
    const server = await open();

    await person.type(input(), "Renew the passport");
    await person.type(screen.getByLabelText("Due on"), "2031-04-30");
    await person.click(button("Add"));
    await hear("Added Renew the passport");

    expect(server.todos[0]).toMatchObject({ title: "Renew the passport", due_on: "2031-04-30" });
    expect(screen.getByText("Due 2031-04-30").getAttribute("datetime")).toBe("2031-04-30");
    expect(screen.getByLabelText<HTMLInputElement>("Due on").value).toBe("");

    await person.type(input(), "Sometime{Enter}");
    await hear("Added Sometime");
    expect(server.todos[0]).not.toHaveProperty("due_on");
  });

  it("sends one request however often it is asked", async () => {
    const server = await open();
    const release = server.hold();

    await person.type(input(), "Once{Enter}{Enter}");
    await person.click(button("Add"));
    release();
    await screen.findByText("Once");

    expect(server.requests.filter((request) => request.startsWith("POST"))).toHaveLength(1);
  });

  it.each([
    ["   ", "Write what there is to do first."],
    ["x".repeat(201), "Shorten this: it has 201 characters, and 200 are allowed."],
  ])("asks for a better title than %j", async (title, problem) => {
    const server = await open();
    await person.click(input());
    await person.paste(title);
    await person.keyboard("{Enter}");

    expect(alerts()).toEqual([problem]);
    expect(input().getAttribute("aria-invalid")).toBe("true");
    expect(document.getElementById(input().getAttribute("aria-describedby") ?? "")?.textContent).toBe(problem);
    expect(document.activeElement).toBe(input());
    expect(server.requests).toHaveLength(1);
  });

  it("takes 200 characters, however many bytes they have", async () => {
    const server = await open();
    await person.click(input());
    await person.paste("🎈".repeat(200));
    await person.keyboard("{Enter}");

    await waitFor(() => expect(server.todos).toHaveLength(1));
  });

  it.each([
    [503, "Todos are not available right now. Try again in a moment."],
    [504, "The server did not answer. Reload the list to see what was saved, then try again.Reload list"],
    [422, "The title is odd. Change it and try again."],
    [500, "Something went wrong on the server. Try again; if it happens again, report it (reference r-1)."],
  ])("keeps the text when the server answers %i, and says what to do", async (status, text) => {
    const server = await open();
    server.failOnce(status, "The title is odd.");
    await person.type(input(), "Buy milk{Enter}");

    expect((await screen.findByRole("alert")).textContent).toBe(text);
    expect(input().value).toBe("Buy milk");
    expect(input().readOnly).toBe(false);
    expect(titles()).toEqual([]);
    expect(news()).toBe("");

    await person.keyboard("{Enter}");
    await screen.findByRole("checkbox", { name: "Buy milk" });
    expect(alerts()).toEqual([]);
  });

  it("offers to look what was saved when no answer came", async () => {
    const server = await open();
    server.once(() => {
      server.todos = [{ id: "1", title: "Buy milk", completed: false }];
      throw new TypeError("Failed to fetch");
    });
    await person.type(input(), "Buy milk{Enter}");

    await person.click(await screen.findByRole("button", { name: "Reload list" }));
    await screen.findByRole("checkbox", { name: "Buy milk" });
  });

  it("reads the list anew when it could not be read before", async () => {
    const server = new TestServer("Older");
    server.failOnce(503);
    render(<TodoApp />);
    await screen.findByRole("alert");
    await person.type(input(), "Newer{Enter}");

    await screen.findByText("Newer");
    expect(titles()).toEqual(["Newer", "Older"]);
  });
});

describe("completing", () => {
  it("shows the new state once the server has stored it", async () => {
    const server = await open("Buy milk");
    const release = server.hold();

    await person.click(screen.getByText("Buy milk"));
    expect(checkbox("Buy milk").checked).toBe(false);
    expect(screen.getByRole("listitem").getAttribute("aria-busy")).toBe("true");

    release();
    await waitFor(() => expect(checkbox("Buy milk").checked).toBe(true));
    expect(server.todos).toMatchObject([{ completed: true }]);
    await hear("Buy milk is done");
  });

  it("works from the keyboard, and back", async () => {
    await open("Buy milk");
    checkbox("Buy milk").focus();

    await person.keyboard(" ");
    await waitFor(() => expect(checkbox("Buy milk").checked).toBe(true));
    await person.keyboard(" ");
    await waitFor(() => expect(checkbox("Buy milk").checked).toBe(false));

    expect(document.activeElement).toBe(checkbox("Buy milk"));
    await hear("Buy milk is not done");
  });

  it("stays as it was when the server cannot store it", async () => {
    const server = await open("Buy milk");
    server.failOnce(503);
    await person.click(checkbox("Buy milk"));

    await screen.findByRole("alert");
    expect(checkbox("Buy milk").checked).toBe(false);
    expect(news()).toBe("");
  });

  it("says when somebody else has deleted the todo", async () => {
    const server = await open("Buy milk");
    server.todos = [];
    await person.click(checkbox("Buy milk"));

    expect((await screen.findByRole("alert")).textContent).toContain("This todo was deleted elsewhere.");
    await person.click(button("Reload list"));
    await screen.findByText("Nothing to do yet");
  });
});

describe("renaming", () => {
  const field = (title: string) => screen.getByLabelText<HTMLInputElement>(`New title for ${title}`);

  it("works in place from the keyboard, and gives the focus back", async () => {
    const server = await open("Buy milk");
    button("Rename Buy milk").focus();
    await person.keyboard("{Enter}");
    expect(document.activeElement).toBe(field("Buy milk"));
    expect(field("Buy milk").selectionEnd).toBe("Buy milk".length);

    await person.keyboard("Buy oat milk{Enter}");
    await screen.findByText("Buy oat milk");
    await hear("Renamed to Buy oat milk");
    expect(server.todos).toMatchObject([{ title: "Buy oat milk" }]);
    await waitFor(() => expect(document.activeElement).toBe(button("Rename Buy oat milk")));
  });

  it.each([
    ["Escape", () => person.keyboard("Something else{Escape}")],
    ["Cancel", () => person.click(button("Cancel"))],
    ["no change", () => person.keyboard("Buy milk {Enter}")],
  ])("is given up by %s, without a request", async (_, giveUp) => {
    const server = await open("Buy milk");
    await person.click(button("Rename Buy milk"));
    await giveUp();

    expect(titles()).toEqual(["Buy milk"]);
    expect(document.activeElement).toBe(button("Rename Buy milk"));
    expect(server.requests).toHaveLength(1);
  });

  it("keeps the text when the server cannot store it", async () => {
    const server = await open("Buy milk");
    server.failOnce(503);
    await person.click(button("Rename Buy milk"));
    await person.keyboard("Buy oat milk{Enter}");

    await screen.findByRole("alert");
    expect(field("Buy milk").value).toBe("Buy oat milk");

    await person.click(button("Save"));
    await screen.findByText("Buy oat milk");
  });

  it("asks for a title", async () => {
    await open("Buy milk");
    await person.click(button("Rename Buy milk"));
    await person.clear(field("Buy milk"));
    await person.keyboard("{Enter}");

    expect(alerts()).toEqual(["Write what there is to do first."]);
    expect(field("Buy milk").getAttribute("aria-invalid")).toBe("true");
  });
});

describe("deleting", () => {
  it("removes a todo once the server has deleted it, and moves the focus to the next one", async () => {
    const server = await open("One", "Two", "Three");
    const release = server.hold();
    button("Delete Two").focus();
    await person.keyboard("{Enter}");
    expect(titles()).toEqual(["One", "Two", "Three"]);

    release();
    await waitFor(() => expect(titles()).toEqual(["One", "Three"]));
    expect(server.todos.map((todo) => todo.title)).toEqual(["One", "Three"]);
    await hear("Deleted Two");
    expect(document.activeElement).toBe(button("Delete Three"));

    await person.keyboard("{Enter}");
    await waitFor(() => expect(document.activeElement).toBe(button("Delete One")));
    await person.keyboard("{Enter}");
    await hear("Deleted One");
    expect(document.activeElement).toBe(input());
  });

  it("leaves the focus alone when it has moved on", async () => {
    const server = await open("One", "Two");
    const release = server.hold();
    await person.click(button("Delete One"));
    await person.click(input());
    release();
    await hear("Deleted One");

    expect(document.activeElement).toBe(input());
  });

  it("takes a todo that is gone already for deleted", async () => {
    const server = await open("One");
    server.todos = [];
    await person.click(button("Delete One"));

    await screen.findByText("Nothing to do yet");
    expect(alerts()).toEqual([]);
  });

  it("keeps the todo when the server cannot delete it", async () => {
    const server = await open("One");
    server.failOnce(503);
    await person.click(button("Delete One"));

    expect((await screen.findByRole("alert")).textContent).toContain("Try again in a moment.");
    expect(checkbox("One")).toBeTruthy();
    expect(news()).toBe("");
  });
});

describe("loading more", () => {
  it("adds page after page and moves the focus to the first new todo", async () => {
    const server = await open(...numbered(45));
    expect(titles()).toHaveLength(20);
    expect(screen.getByText("20 of 45 todos")).toBeTruthy();

    button("Load more").focus();
    await person.keyboard("{Enter}");
    await waitFor(() => expect(titles()).toHaveLength(40));
    await hear("Showing 40 of 45");
    expect(document.activeElement).toBe(checkbox("Todo 25"));

    await person.click(button("Load more"));
    await waitFor(() => expect(titles()).toEqual(numbered(45)));
    await hear("Showing 45 of 45");
    expect(screen.queryByRole("button", { name: "Load more" })).toBeNull();
    expect(document.activeElement).toBe(checkbox("Todo 5"));
    expect(screen.getByText("45 todos")).toBeTruthy();
    expect(server.requests.at(-1)).toBe("GET /api/todos?limit=20&offset=40");
  });

  it("shows no todo twice when others have added some meanwhile", async () => {
    const server = await open(...numbered(25));
    server.todos = [{ id: "new", title: "Elsewhere", completed: false }, ...server.todos];
    await person.click(button("Load more"));

    await waitFor(() => expect(titles()).toEqual(numbered(25)));
  });

  it("keeps what is there when the server does not answer", async () => {
    const server = await open(...numbered(25));
    server.failOnce(503);
    await person.click(button("Load more"));
    await screen.findByRole("alert");
    expect(titles()).toHaveLength(20);

    await person.click(button("Load more"));
    await waitFor(() => expect(titles()).toHaveLength(25));
    expect(alerts()).toEqual([]);
  });
});

it("announces a message anew that repeats the last one", async () => {
  await open();
  await person.type(input(), "Again{Enter}");
  await screen.findByText("Added Again");
  const first = screen.getByText("Added Again");
  await person.type(input(), "Again{Enter}");

  await waitFor(() => expect(screen.getByText("Added Again")).not.toBe(first));
});
