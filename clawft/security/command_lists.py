"""The modes of the command policy, and what each lists where the user lists nothing."""

ALLOWLIST = "allowlist"
DENYLIST = "denylist"
MODES = (ALLOWLIST, DENYLIST)
DEFAULT_ALLOWLIST = tuple(
    "echo cat ls pwd head tail wc grep find sort uniq diff date env true false test".split(" ")
)
DEFAULT_DENYLIST = (
    "rm -rf /",
    "sudo",
    "mkfs",
    "dd if=",
    ":(){ :|:& };:",
    "chmod 777 /",
    "> /dev/sd",
    "shutdown",
    "reboot",
    "poweroff",
    "format c:",
)
