"""Names exactly what is frozen into the executables; tools/freeze.py reads these tables, and nobody runs them.

A name that ends in "/" is a folder: all its .py files, not those of folders inside it. What is not named is not in
the executables, and freezing fails if anything frozen imports what is neither frozen nor built in.
"""

from __future__ import annotations

# The agent, under its own names. All of it is portable.
ALWAYS = [
    "clawft/__init__.py",
    "clawft/app.py",
    "clawft/app_memory.py",
    "clawft/agent/",
    "clawft/channels/",
    "clawft/cli/",
    "clawft/core/",
    "clawft/embedded/",
    "clawft/pipeline/",
    "clawft/providers/",
    "clawft/security/",
    "clawft/tools/",
]

# Switches of a build: what each adds. The extras of the wheel have the same names. What a feature names is frozen only
# with it, also where the folder that it is in is above.
FEATURES: dict[str, list[str]] = {
    "exec": [
        "clawft/core/process_pipeline.py",
        "clawft/security/command_dangers.py",
        "clawft/security/command_decision.py",
        "clawft/security/command_git.py",
        "clawft/security/command_judge.py",
        "clawft/security/command_options.py",
        "clawft/security/command_plan.py",
        "clawft/security/command_programs.py",
        "clawft/security/command_rules.py",
        "clawft/security/command_scripts.py",
        "clawft/security/command_starts.py",
        "clawft/security/commands.py",
        "clawft/security/confinement.py",
        "clawft/security/shell_expansion.py",
        "clawft/security/shell_syntax.py",
        "clawft/security/shell_tokens.py",
        "clawft/security/shell_words.py",
        "clawft/tools/command_paths.py",
        "clawft/tools/command_runner.py",
        "clawft/tools/exec.py",
        "clawft/tools/exec_schemas.py",
        "clawft/tools/programs.py",
    ],
    "channels": [],
    "services": [],
    # The C files too: what is not frozen is compiled.
    "vectors": [
        "clawft/embedded/vectors.py",
        "clawft/embedded/port/weft_dot.c",
        "clawft/embedded/port/weft_features.c",
        "clawft/embedded/port/weft_graph.c",
        "clawft/embedded/port/weft_siphash.c",
        "clawft/embedded/port/weft_vectors.c",
    ],
}
DEFAULT_FEATURES = ["exec", "channels", "services", "vectors"]

# What lies in these folders and stays out: types alone, the tables for the toolchain, and fakes that only tests use.
NEVER = [
    "clawft/core/system_calls.py",
    "clawft/core/vector_engine.py",
    "clawft/embedded/main.py",
    "clawft/embedded/manifest.py",
]
ONLY_IN_TEST_BUILDS = [
    "clawft/core/embedding.py",
    "clawft/core/exact_vectors.py",
    "clawft/core/fake_files.py",
    "clawft/core/fake_network.py",
    "clawft/core/fake_processes.py",
    "clawft/core/fakes.py",
    "clawft/core/siphash.py",
]

# What no start and no plain turn of a conversation imports stays deflated in the executable until it is imported. The
# order of these tables decides nothing.
PACKED = [
    "clawft/app_memory.py",
    "clawft/channels/outlet.py",
    "clawft/cli/audit.py",
    "clawft/cli/completions.py",
    "clawft/cli/config.py",
    "clawft/cli/memory.py",
    "clawft/cli/policy.py",
    "clawft/cli/session_totals.py",
    "clawft/cli/sessions.py",
    "clawft/core/config_output.py",
    "clawft/core/memory_index.py",
    "clawft/core/memory_search.py",
    "clawft/core/process_pipeline.py",
    "clawft/core/session_recovery.py",
    "clawft/core/vectors.py",
    "clawft/embedded/vectors.py",
    "clawft/embedded/websocket.py",
    "clawft/pipeline/embedding.py",
    "clawft/providers/openai_embeddings.py",
    "clawft/providers/scripted.py",
    "clawft/security/",
    "clawft/tools/",
]
# In a folder of PACKED, and imported by every start of the agent.
NOT_PACKED = [
    "clawft/security/__init__.py",
    "clawft/security/approval.py",
    "clawft/security/command_lists.py",
    "clawft/security/paths.py",
    "clawft/security/policies.py",
    "clawft/security/secrets.py",
    "clawft/security/untrusted.py",
    "clawft/tools/__init__.py",
    "clawft/tools/exec_schemas.py",
    "clawft/tools/files.py",
    "clawft/tools/late.py",
    "clawft/tools/memory_schemas.py",
    "clawft/tools/message_schema.py",
    "clawft/tools/registry.py",
    "clawft/tools/web_schemas.py",
]

# What only a WebAssembly host calls, and only that of a component.
ONLY_IN_WASM = ["clawft/embedded/exports.py"]
ONLY_IN_COMPONENTS = ["clawft/embedded/serve.py"]
# What a sandbox has no use for, and why. Where something of the agent imports it, that is never reached there.
NOT_IN_WASM = {
    "clawft/core/child.py": "starts no process",
    "clawft/core/confinement.py": "starts no process",
    "clawft/core/process_run.py": "starts no process",
    "clawft/core/processes.py": "starts no process",
    "clawft/core/proxy.py": "the host connects",
    "clawft/core/sockets.py": "the host connects",
    "clawft/embedded/line_editor.py": "the host's terminal edits lines",
    "clawft/embedded/processes.py": "starts no process",
    "clawft/embedded/sockets.py": "the host connects",
    "clawft/embedded/websocket.py": "the host connects",
}
# In WebAssembly everything else is packed: what --version imports.
NOT_PACKED_IN_WASM = [
    "clawft/__init__.py",
    "clawft/_version.py",
    "main.py",
]

# And inflated alone, since few need it or it is large.
ALONE_IN_WASM = ["clawft/embedded/serve.py", "clawft/providers/price_data.py"]

# What MicroPython finds under another name: where it stands in this tree.
RENAMED = {
    "main.py": "clawft/embedded/main.py",
}
SHIMS = "clawft/embedded/shims/"

# Imported by what is frozen, and neither frozen nor built in: why that is right.
WITHOUT_FILE = {
    "asyncio": "clawft/embedded/loop.py takes its place before anything imports it",
    "traceback": "core/compat.py imports it only where sys.print_exception is missing: on CPython",
}

# Of MicroPython's own Python: frozen name, and where it stands in its source.
FROM_MICROPYTHON: dict[str, str] = {}
