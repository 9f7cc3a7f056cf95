import type { ChatEvent } from "../../chat/event.ts";
import type { FindingRecorder } from "./findings.ts";
import { applyEdits } from "./redaction.ts";
import type { GuardrailRule } from "./rule.ts";
import { createScanner, slicesOf, type TextForm } from "./scanner.ts";
import type { Span } from "./span.ts";
import { createVerdict } from "./verdict.ts";
