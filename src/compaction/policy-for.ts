import type { RangeDeletes } from "../iterator/range-deletes.ts";
import type { DatabaseFormat } from "../options.ts";
import type { MergePolicy } from "./merge-policy.ts";
import type { MergeRules } from "./merge-rules.ts";
import { PlainPolicy } from "./plain-policy.ts";
import { RangeDeletePolicy } from "./range-delete-policy.ts";
import { VersionPolicy } from "./version-policy.ts";

/** `rangeDeletes`: all of the inputs. */
export function policyFor(format: DatabaseFormat, rules: MergeRules, rangeDeletes: RangeDeletes): MergePolicy {
  if (format === "plain") return new PlainPolicy(rules.reachesBottom);
  const policy = new VersionPolicy(rules);
  return rangeDeletes.isEmpty ? policy : new RangeDeletePolicy(rangeDeletes, rules.watermark, policy);
}
