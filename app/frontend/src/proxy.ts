import { type NextRequest, NextResponse } from "next/server";
import { contentSecurityPolicy } from "./server/csp";
import { REQUEST_ID_HEADER, requestId } from "./server/request-id";

/** Gives each page a Content-Security-Policy with a nonce of its own, which Next.js puts on the scripts it writes. */
export function proxy(request: NextRequest): NextResponse {
  const policy = contentSecurityPolicy(crypto.randomUUID(), process.env.NODE_ENV === "development");
  const headers = new Headers(request.headers);
  headers.set("content-security-policy", policy);

  const response = NextResponse.next({ request: { headers } });
  response.headers.set("content-security-policy", policy);
  response.headers.set(REQUEST_ID_HEADER, requestId(request.headers));
  return response;
}

/** Pages only: route handlers see to themselves, and static files need neither. */
export const config = { matcher: "/((?!api/todos(?:/|$)|healthz$|_next/).*)" };
