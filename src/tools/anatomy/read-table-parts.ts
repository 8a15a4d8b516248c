import type { FaultSink } from "./fault.ts";
import type { FileBytes } from "./file-bytes.ts";
import { isNativeFile, readNativeParts } from "./native-parts.ts";
import { readReferenceParts } from "./reference-parts.ts";
import type { ExpectedTable, TableParts } from "./table-parts.ts";

/**
 * Reads all but the blocks of a table, whatever is wrong with some of it. Throws LsmError UNSUPPORTED for what a newer
 * program wrote.
 */
export function readTableParts(file: FileBytes, expected: ExpectedTable, sink: FaultSink): TableParts {
  const { format } = expected;
  const isNative = format === undefined ? isNativeFile(file) : format === "native";
  return isNative ? readNativeParts(file, expected, sink) : readReferenceParts(file, format, sink);
}
