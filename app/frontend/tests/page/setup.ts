import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

// Whether each element is hidden need not be computed: the page hides nothing from assistive technology.
configure({ defaultHidden: true, asyncUtilTimeout: 10_000 });

afterEach(cleanup);
