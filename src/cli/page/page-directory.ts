import { fileURLToPath } from "node:url";

/** Where the build puts the live page, beside the program. */
export const PAGE_DIRECTORY: string = fileURLToPath(new URL("../page", import.meta.url));
