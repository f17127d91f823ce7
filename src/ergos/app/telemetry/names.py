"""Names by which spans, metrics and events are known outside: the conventions for generative AI and MCP, and our own.

They are kept here and nowhere else, because the conventions are still in development and move.
Source: github.com/open-telemetry/semantic-conventions-genai, schema 1.42.0; its MCP pages; OTLP 1.x.
"""

from __future__ import annotations

from typing import Final

SCHEMA_URL: Final = "https://opentelemetry.io/schemas/gen-ai/1.42.0"
SCOPE: Final = "ergos"

# Resource
SERVICE_NAME: Final = "service.name"
SERVICE_VERSION: Final = "service.version"
SERVICE_INSTANCE: Final = "service.instance.id"

# Operations
OPERATION: Final = "gen_ai.operation.name"
CREATE_AGENT: Final = "create_agent"
INVOKE_AGENT: Final = "invoke_agent"
CHAT: Final = "chat"
EMBEDDINGS: Final = "embeddings"
EXECUTE_TOOL: Final = "execute_tool"
TOOLS_CALL: Final = "tools/call"

# Attributes
PROVIDER: Final = "gen_ai.provider.name"
AGENT_ID: Final = "gen_ai.agent.id"
AGENT_NAME: Final = "gen_ai.agent.name"
AGENT_VERSION: Final = "gen_ai.agent.version"
CONVERSATION: Final = "gen_ai.conversation.id"
REQUEST_MODEL: Final = "gen_ai.request.model"
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_ID: Final = "gen_ai.response.id"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
CACHE_READ_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
CACHE_WRITTEN_TOKENS: Final = "gen_ai.usage.cache_creation.input_tokens"
REASONING_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"
TOKEN_TYPE: Final = "gen_ai.token.type"  # noqa: S105 - an attribute's name
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
TOOL_TYPE: Final = "gen_ai.tool.type"
TOOL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
TOOL_RESULT: Final = "gen_ai.tool.call.result"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
MCP_METHOD: Final = "mcp.method.name"
ERROR_TYPE: Final = "error.type"

# Our own
OWNER: Final = "ergos.owner"
PID: Final = "ergos.pid"
TURN: Final = "ergos.turn"
CAUSE: Final = "ergos.turn.cause"
CALL_KIND: Final = "ergos.call.kind"
CALL_KEY: Final = "ergos.call.key"
EFFECT: Final = "ergos.call.effect"
GRANT: Final = "ergos.grant"
SOLVER: Final = "ergos.solver"
QUEUED: Final = "ergos.call.queued_ns"
COST: Final = "ergos.cost.microusd"
SEQ: Final = "ergos.journal.seq"
STATE: Final = "ergos.process.state"

# Events
INFERENCE_DETAILS: Final = "gen_ai.client.inference.operation.details"
ASKED: Final = "ergos.asked"
ANSWERED: Final = "ergos.answered"
REPEATED: Final = "ergos.repeated"
IN_DOUBT: Final = "ergos.in_doubt"
RESTARTED: Final = "ergos.restarted"
SIGNALLED: Final = "ergos.signalled"

# Metrics: name, unit, what it is
OPERATION_DURATION: Final = "gen_ai.client.operation.duration"
TOKEN_USAGE: Final = "gen_ai.client.token.usage"  # noqa: S105 - a metric's name
AGENT_DURATION: Final = "gen_ai.invoke_agent.duration"
TOOL_DURATION: Final = "gen_ai.execute_tool.duration"
MCP_DURATION: Final = "mcp.client.operation.duration"
SPENT: Final = "ergos.spent"
DROPPED: Final = "ergos.telemetry.dropped"

SECONDS: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
"""Bounds of the histograms of durations, as the conventions advise."""
TOKENS: Final = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864)
"""Bounds of the histogram of tokens."""
