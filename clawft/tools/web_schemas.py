"""What models are told of `web_fetch` and `web_search`: all that a turn needs of them in which neither is called."""

from __future__ import annotations

from clawft.core.messages import ToolSchema

MOST_RESULTS = 20

WEB_FETCH = ToolSchema(
    "web_fetch",
    "Fetch a page or file of the web by its http or https URL. HTML comes back as Markdown (raw: true for its "
    "source), other text as it is. Redirects are followed; an answer over 1 MB is cut (truncated: true).",
    {
        "type": "object",
        "properties": {
            "url": {"type": "string", "description": "The whole URL, with http:// or https://"},
            "method": {"type": "string", "description": "GET if not given; HEAD for the status alone"},
            "headers": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "description": "Request headers, such as Accept-Language",
            },
            "raw": {"type": "boolean", "description": "HTML as it is, instead of Markdown"},
        },
        "required": ["url"],
        "additionalProperties": False,
    },
)

WEB_SEARCH = ToolSchema(
    "web_search",
    "Search the web. Gives titles, URLs and short extracts; read a page with web_fetch.",
    {
        "type": "object",
        "properties": {
            "query": {"type": "string", "description": "What to search for"},
            "num_results": {
                "type": "integer",
                "minimum": 1,
                "maximum": MOST_RESULTS,
                "description": "How many results (5 if not given)",
            },
        },
        "required": ["query"],
        "additionalProperties": False,
    },
)
