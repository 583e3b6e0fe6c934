"""Speaks to an MCP server as agents do, by the official SDK.

mcp_client.py MODE CALLS SERVER...: MODE is how they agree on the protocol, "legacy" by a handshake and "auto" without one
where the server knows that way; CALLS is a list of [tool, arguments] in JSON. Prints an object in JSON: what the server
says of itself, its tools, and its answer to each call.
"""

import asyncio
import json
import os
import sys

from mcp import MCPError
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters


async def answer(client, tool, arguments):
    try:
        result = await client.call_tool(tool, arguments)
    except MCPError as error:
        return {"refused": str(error)}
    text = "".join(block.text for block in result.content)
    return {"is_error": result.is_error, "text": text, "structured": result.structured_content}


async def main(mode, calls, server):
    parameters = StdioServerParameters(command=server[0], args=server[1:], env=dict(os.environ))
    async with Client(parameters, mode=mode) as client:
        tools = (await client.list_tools()).tools
        print(
            json.dumps(
                {
                    "server": client.server_info.name,
                    "protocol": client.protocol_version,
                    "instructions": client.instructions,
                    "tools": {tool.name: tool.model_dump(mode="json", by_alias=True) for tool in tools},
                    "answers": [await answer(client, tool, arguments) for tool, arguments in calls],
                }
            )
        )


asyncio.run(main(sys.argv[1], json.loads(sys.argv[2]), sys.argv[3:]))
