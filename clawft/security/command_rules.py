"""Which arguments each known program may be given, as data; `command_options` says how a rule is written.

What is not in a program's rule is refused. The long names are complete for GNU's versions, so that an abbreviation
means here what it means there; what other versions of a program add is refused. Why something is marked `!`: it
runs a program, reads names or files that are not arguments, follows links out of the workspace, or never ends.
"""

from __future__ import annotations

# Programs that do nothing but print or compare their arguments: they have no options that matter.
TEXT_ONLY = "basename dirname echo expr factor false printf seq true".split(" ")

_SUMS = (
    "-bctwz --binary --check --tag --text --zero --ignore-missing --quiet --status --strict --warn | read*"
)
_PACKERS = (
    "-cdfklnqrtvzN123456789 -T:count -S:word --stdout --to-stdout --decompress --uncompress --force "
    "--keep --list "
    "--no-name --name --quiet --recursive --test --verbose --fast --best --rsyncable --synchronous "
    "--suffix:word "
    "--compress --small --threads:count --extreme | write*"
)
_LINES = "-#qvz -n:count -c:count --lines:count --bytes:count --quiet --silent --verbose --zero-terminated"

RULES = {
    "arch": "|",
    "base32": "-di -w:count --decode --ignore-garbage --wrap:count | read",
    "base64": "-diD -w:count --decode --ignore-garbage --wrap:count | read",
    "bzip2": _PACKERS,
    "cat": "-AbeEnstTuv --show-all --number-nonblank --show-ends --number --squeeze-blank --show-tabs "
    "--show-nonprinting | read*",
    "chmod": "-RcfvrwxXst --recursive --changes --silent --quiet --verbose --no-preserve-root "
    "--preserve-root "
    "--reference:read | text!r,w,x,X,s,t,reference write*",
    "cksum": "-a:word --algorithm:word " + _SUMS,
    "cmp": "-bls -i:word -n:count --print-bytes --verbose --quiet --silent --ignore-initial:word "
    "--bytes:count "
    "| read read word word",
    "column": "-tnex -s:text -o:text -c:count -N:text -R:text --table --separator:text "
    "--output-separator:text "
    "--output-width:count | read*",
    "comm": "-123iz --check-order --nocheck-order --output-delimiter:text --total --zero-terminated "
    "| read read",
    "cp": "-adfinprRuvxPT !-LHlsbZ !-S:word -t:write --archive !--attributes-only !--backup?word "
    "!--copy-contents "
    "!--dereference --force --interactive !--link --no-clobber --no-dereference --no-preserve:word "
    "--no-target-directory --one-file-system --parents --preserve?word --recursive --reflink?word "
    "--remove-destination --sparse:word --strip-trailing-slashes !--suffix:word !--symbolic-link "
    "--target-directory:write --update?word --verbose !--context?word | write*",
    "cut": "-nsz -b:text -c:text -d:text -f:text --bytes:text --characters:text --fields:text "
    "--delimiter:text "
    "--complement --only-delimited --output-delimiter:text --zero-terminated | read*",
    "df": "-ahHiklmPT -t:word -x:word -B:word --all --human-readable --si --inodes --local --portability "
    "--print-type --total --block-size:word --output?word --type:word --exclude-type:word --sync "
    "--no-sync | read*",
    "diff": "-#abBcdeEHinNpPqrstTuwWyZ -C:count -U:count -F:text -I:text -L:text -S:text -W:count "
    "-x:text -X:read "
    "!-l !-D:word --brief --color?word --context?count --ed --exclude-from:read --exclude:text --expand-tabs "
    "--from-file:read --to-file:read --horizon-lines:count !--ifdef:word --ignore-all-space "
    "--ignore-blank-lines "
    "--ignore-case --ignore-file-name-case --ignore-matching-lines:text --ignore-space-change "
    "--ignore-tab-expansion --ignore-trailing-space --initial-tab --label:text --left-column "
    "--line-format:text "
    "--old-line-format:text --new-line-format:text --unchanged-line-format:text --old-group-format:text "
    "--new-group-format:text --unchanged-group-format:text --changed-group-format:text "
    "--minimal --new-file --no-dereference --no-ignore-file-name-case --normal !--paginate "
    "--palette:text --rcs "
    "--recursive --report-identical-files --show-c-function --show-function-line:text --side-by-side "
    "--speed-large-files --starting-file:text --strip-trailing-cr --suppress-blank-empty "
    "--suppress-common-lines --tabsize:count --text --unidirectional-new-file --unified?count --width:count "
    "| read read*",
    "du": "-0abchHklmPsSx !-DL -B:word -d:count -t:count -X:read --all --apparent-size "
    "--block-size:word --bytes "
    "--count-links !--dereference !--dereference-args --exclude-from:read --exclude:text !--files0-from:read "
    "--human-readable --inodes --max-depth:count --no-dereference --null --one-file-system "
    "--separate-dirs --si "
    "--summarize --threshold:count --time?word --time-style:text --total | read*",
    "expand": "-i -t:word --initial --tabs:word | read*",
    "file": "-bcdhiIkNnprsvz0 -e:word -F:text -P:word !-f:read !-m:read !-C !-L !-S !-Z --brief "
    "--mime --mime-type "
    "--mime-encoding --extension --no-dereference --keep-going --no-pad --print0 --raw --separator:text "
    "!--files-from:read !--magic-file:read !--compile !--dereference !--no-sandbox "
    "!--uncompress-noreport | read*",
    "fmt": "-#cstu -p:text -w:count -g:count --crown-margin --prefix:text --split-only --tagged-paragraph "
    "--uniform-spacing --width:count --goal:count | read*",
    "fold": "-bs -w:count --bytes --spaces --width:count | read*",
    "free": "-bhkmgtlw --bytes --kilo --mega --giga --human --total --lohi --wide --si |",
    "grep": "-#abcEFGhHiIlLnoPqrsTUvwxyzZ -R>r -A:count -B:count -C:count -D:word -d:word -e:text -f:read "
    "-m:count --after-context:count --basic-regexp --before-context:count --binary --binary-files:word "
    "--byte-offset --color?word --colour?word --context:count --count !--dereference-recursive "
    "--devices:word "
    "--directories:word --exclude-dir:text --exclude-from:read --exclude:text --extended-regexp --file:read "
    "--files-with-matches --files-without-match --fixed-strings --group-separator:text --ignore-case "
    "--include:text --initial-tab --invert-match --label:text --line-buffered --line-number --line-regexp "
    "--max-count:count --no-filename --no-group-separator --no-ignore-case --no-messages --null --null-data "
    "--only-matching --perl-regexp --quiet --recursive --regexp:text --silent --text --with-filename "
    "--word-regexp | text!e,f,regexp,file read*",
    "groups": "| word*",
    "gunzip": _PACKERS,
    "gzip": _PACKERS,
    "head": _LINES + " | read*",
    "hexdump": "-bcCdovx -e:text -n:count -s:count --canonical --length:count --skip:count | read*",
    "hostname": "-aAdfiIsy --all-fqdns --alias --domain --fqdn --long --ip-address "
    "--all-ip-addresses --short |",
    "id": "-agGnruzZ --group --groups --name --real --user --zero --context | word*",
    "join": "-iz -a:count -e:text -j:count -1:count -2:count -o:word -t:text -v:count --ignore-case --header "
    "--check-order --nocheck-order --zero-terminated | read read",
    "ln": "-finrsTv -t:write --force --interactive --no-dereference --relative --symbolic "
    "--no-target-directory "
    "--target-directory:write --verbose | write*",
    "ls": "-#aABbcCdDfFgGhiklmnNopqQrRsStuUvxXZ !-HL -I:text -T:count -w:count --all --almost-all --author "
    "--block-size:word --classify?word --color?word --context !--dereference !--dereference-command-line "
    "!--dereference-command-line-symlink-to-dir --directory --dired --escape --file-type --format:word "
    "--full-time --group-directories-first --hide-control-chars --hide:text --human-readable "
    "--hyperlink?word "
    "--ignore-backups --ignore:text --indicator-style:word --inode --kibibytes --literal --no-group "
    "--numeric-uid-gid --quote-name --quoting-style:word --recursive --reverse --show-control-chars "
    "--si --size "
    "--sort:word --tabsize:count --time:word --time-style:text --width:count --zero | read*",
    "logname": "|",
    "md5sum": _SUMS,
    "mkdir": "-pv -m:word --mode:word --parents --verbose !--context?word !-Z | write*",
    "mv": "-finuvT !-bZ !-S:word -t:write !--backup?word !--context --force --interactive --no-clobber "
    "--no-target-directory --strip-trailing-slashes !--suffix:word --target-directory:write --update?word "
    "--verbose | remove*",
    "nl": "-p -b:text -d:text -f:text -h:text -i:count -l:count -n:word -s:text -v:count -w:count "
    "--body-numbering:text "
    "--footer-numbering:text --header-numbering:text --number-format:word --number-separator:text "
    "--starting-line-number:count --number-width:count | read*",
    "nproc": "--all --ignore:count |",
    "od": "-abcdfhilosvx -A:word -j:count -N:count -t:word -w?count --address-radix:word --skip-bytes:count "
    "--read-bytes:count --format:word --output-duplicates --width?count | read*",
    "paste": "-sz -d:text --delimiters:text --serial --zero-terminated | read*",
    "printenv": "-0 --null | word*",
    "pwd": "-LP --logical --physical |",
    "readlink": "-emfnqsvz --canonicalize --canonicalize-existing --canonicalize-missing "
    "--no-newline --quiet "
    "--silent --verbose --zero | read*",
    "realpath": "-emLPqsz --canonicalize-existing --canonicalize-missing --logical --physical "
    "--quiet --strip "
    "--no-symlinks --zero --relative-to:read --relative-base:read | read*",
    "rev": "| read*",
    "rg": "-#cCFhHiIlLnNoPqsSUvwx0. -A:count -B:count -g:text -t:word -T:word -e:text -m:count -r:text "
    "!-zf --glob:text --type:word --type-not:word --regexp:text --max-count:count --files --hidden "
    "--no-ignore "
    "--json --count --ignore-case --smart-case --fixed-strings --line-number --no-heading --heading "
    "--color:word "
    "--after-context:count --before-context:count --context:count --word-regexp --files-with-matches "
    "--sort:word "
    "!--pre:text !--pre-glob:text !--hostname-bin:text !--follow !--search-zip !--file:read "
    "| text!e,regexp,files read*",
    "rm": "-dfirRvI --dir --force --interactive?word --one-file-system --preserve-root?word "
    "!--no-preserve-root "
    "--recursive --verbose | remove*",
    "rmdir": "-pv --parents --verbose --ignore-fail-on-non-empty | remove*",
    "sha1sum": _SUMS,
    "sha224sum": _SUMS,
    "sha256sum": _SUMS,
    "sha384sum": _SUMS,
    "sha512sum": _SUMS,
    "shasum": "-a:count --algorithm:count " + _SUMS,
    "shuf": "-erz -i:word -n:count ~-o:write --echo --input-range:word --head-count:count "
    "~--output:write --repeat "
    "--zero-terminated --random-source:read | read*",
    "sort": "-bcCdfghiMmnRrsuVz -k:text ~-o:write -S:word -t:text -T:write --batch-size:count "
    "--buffer-size:word "
    "--check?word !--compress-program:text --debug --dictionary-order --field-separator:text "
    "!--files0-from:read "
    "--general-numeric-sort --human-numeric-sort --ignore-case --ignore-leading-blanks --ignore-nonprinting "
    "--key:text --merge --month-sort --numeric-sort ~--output:write --parallel:count --random-sort "
    "--random-source:read --reverse --sort:word --stable --temporary-directory:write --unique --version-sort "
    "--zero-terminated | read*",
    "split": "-#deux -a:count -b:word -C:word -l:count -n:word -t:text --suffix-length:count --bytes:word "
    "--lines:count --number:word --numeric-suffixes?count --hex-suffixes?count --additional-suffix:word "
    "--elide-empty-files --verbose !--filter:text | read write",
    "stat": "-ft !-L -c:text --cached:word !--dereference --file-system --format:text --printf:text "
    "--terse | read*",
    "strings": "-afw -n:count -t:word --all --bytes:count --print-file-name --radix:word | read*",
    "sum": "-rs --sysv | read*",
    "tac": "-br -s:text --before --regex --separator:text | read*",
    "tail": _LINES + " !-fF !-s:count !--follow?word !--pid:count !--retry !--sleep-interval:count "
    "!--max-unchanged-stats:count | read*",
    "tee": "-aip --append --ignore-interrupts --output-error?word | write*",
    "touch": "-acfhm -d:text -r:read -t:word --date:text --no-create --no-dereference "
    "--reference:read --time:word "
    "| write*",
    "tr": "-cCdst --complement --delete --squeeze-repeats --truncate-set1 | text text",
    "tree": "-#aACdDfFghiIjJnNpqQrsStuUvxX -L:count -I:text -P:text !-l !-o:write !-R -H:text --du "
    "--dirsfirst "
    "--noreport --prune --charset:word --filelimit:count --gitignore --matchdirs --ignore-case --si | read*",
    "tty": "-s --silent --quiet |",
    "uname": "-asnrvmpio --all --kernel-name --nodename --kernel-release --kernel-version --machine "
    "--processor "
    "--hardware-platform --operating-system |",
    "unexpand": "-a -t:word --all --first-only --tabs:word | read*",
    "uniq": "-#cdDiuz -f:count -s:count -w:count --all-repeated?word --check-chars:count --count "
    "--group?word "
    "--ignore-case --repeated --skip-chars:count --skip-fields:count --unique --zero-terminated | "
    "read write~",
    "unlink": "| remove",
    "unxz": _PACKERS,
    "unzip": "-abcfjlLnopqtuvzC -d:write -x:text | read text*",
    "unzstd": _PACKERS,
    "uptime": "-ps --pretty --since |",
    "wc": "-clLmw --bytes --chars !--files0-from:read --lines --max-line-length --words --total:word | read*",
    "which": "-a --all | word*",
    "who": "-abdHlmpqrstTuw |",
    "whoami": "|",
    "xxd": "-abCdeEipru -c:count -g:count -l:count -o:count -s:count -n:word | read write~",
    "xz": _PACKERS,
    "zcat": _PACKERS,
    "zip": "-#Djlmoqrsuvy -i:text -x:text !-T !-P:text !-b:write !-O:write !-t:word "
    "--recurse-paths --quiet --exclude:text --include:text | write*",
    "zstd": _PACKERS,
}

# Programs that start what their arguments name: the options before it, and how many operands stand before it.
WRAPPERS = {
    "builtin": ("|", 0),
    "busybox": ("|", 0),
    "chrt": ("-bfior | ", 1),
    "command": ("-p |", 0),
    "exec": ("-cl |", 0),
    "ionice": ("-t -c:word -n:count --class:word --classdata:count --ignore |", 0),
    "nice": ("-# -n:count --adjustment:count |", 0),
    "nohup": ("|", 0),
    "stdbuf": ("-i:word -o:word -e:word --input:word --output:word --error:word |", 0),
    "taskset": ("-c --cpu-list |", 1),
    "time": ("-apqv -f:text --format:text --portability --verbose |", 0),
    "timeout": (
        "-fpv -k:count -s:word --foreground --kill-after:count --preserve-status --signal:word --verbose |",
        1,
    ),
    "toybox": ("|", 0),
}
# Of these, those that only a shell has: what they start is started in their place.
SHELL_WRAPPERS = ("builtin", "command", "exec")

# What may be set before a command, besides LC_*; a value has no other characters than these.
ASSIGNABLE = "CLICOLOR CLICOLOR_FORCE COLUMNS FORCE_COLOR LANG LANGUAGE LINES NO_COLOR TERM TZ".split(" ")

# What may not be set before a command even where no list says what may run: it would make a program load or run
# something else, or look for its files elsewhere. A name that ends in _ stands for all that begin like it.
NEVER_SET = (
    "ALL_PROXY BASHOPTS BASH_ BROWSER CDPATH DYLD_ EDITOR ENV FPATH GCONV_PATH GIT_ GLIBC_TUNABLES "
    "GREP_OPTIONS GZIP HOME HOSTALIASES HTTPS_PROXY HTTP_PROXY IFS JAVA_TOOL_OPTIONS LD_ LESS LESSCLOSE "
    "LESSOPEN LOCPATH LOGNAME MAKEFILES MAKEFLAGS MANPAGER NLSPATH NODE_OPTIONS NODE_PATH PAGER PATH PERL5DB "
    "PERL5LIB PERL5OPT PERLLIB POSIXLY_CORRECT PROMPT_COMMAND PS4 PWD PYTHONHOME PYTHONINSPECT PYTHONSTARTUP "
    "RES_OPTIONS RUBYLIB RUBYOPT SHELL SHELLOPTS SSH_ SSL_ TAR_OPTIONS TERMCAP TERMINFO TMPDIR UNZIP USER "
    "VISUAL XDG_ XZ_OPT ZDOTDIR ZIPOPT _JAVA_OPTIONS"
).split(" ")

# Interpreters of programs, without their version: options that may stand before a script.
_SHELL = "-abefhkmnuvxEPT -o:word --norc --noprofile --posix --restricted |"
INTERPRETERS = {
    "ash": _SHELL,
    "bash": _SHELL,
    "bun": "|",
    "cmd": "|",
    "csh": "-efnvx |",
    "dash": _SHELL,
    "deno": "|",
    "elixir": "|",
    "fish": "-n --no-config --no-execute |",
    "groovy": "|",
    "guile": "|",
    "ipython": "|",
    "irb": "|",
    "julia": "|",
    "ksh": _SHELL,
    "lua": "-W |",
    "luajit": "|",
    "mksh": _SHELL,
    "node": "--no-warnings --enable-source-maps --test --trace-warnings --check |",
    "nodejs": "--no-warnings |",
    "octave": "|",
    "osascript": "|",
    "perl": "-cwWtTX |",
    "php": "-lnq |",
    "powershell": "|",
    "pwsh": "|",
    "pypy": "-bBdEIOPqsSuvx -W:word -X:word |",
    "python": "-bBdEIOPqsSuvx -W:word -X:word |",
    "pythonw": "|",
    "r": "|",
    "racket": "|",
    "rbash": _SHELL,
    "rscript": "--vanilla |",
    "ruby": "-cwW |",
    "scala": "|",
    "sh": _SHELL,
    "tclsh": "|",
    "tcsh": "-efnvx |",
    "ts-node": "|",
    "tsx": "|",
    "zsh": "-efnuvx -o:word |",
}
PYTHONS = ("python", "pypy", "pythonw")
# Of Python's own modules, those that run code that is on their command line or on standard input.
CODE_MODULES = "code codeop doctest idlelib pdb profile timeit trace".split(" ")

# Never started, whatever a list says: why, and what to do.
NEVER = (
    (
        "command.dangerous",
        "it takes on another user's rights or leaves the confinement",
        (
            "chroot doas gosu nsenter pkexec pkexec.exe run0 runas runuser su sudo sudoedit sudo-rs "
            "unshare bwrap capsh"
        ),
    ),
    (
        "command.dangerous",
        "it stops or restarts the machine",
        "halt init kexec poweroff reboot shutdown telinit",
    ),
    (
        "command.dangerous",
        "it writes disks, or changes how they are read",
        (
            "badblocks blkdiscard cfdisk cryptsetup dd debugfs diskpart diskutil fdisk format hdparm "
            "losetup lvremove "
            "mkfs mkswap mount parted pvremove sfdisk sgdisk shred swapoff swapon umount vgremove wipefs"
        ),
    ),
    (
        "command.network",
        "use web_fetch, which checks each address",
        (
            "aria2c axel curl ftp http https lftp links lynx nc ncat netcat rsync scp sftp socat ssh "
            "telnet tftp w3m wget "
            "wget2 xh"
        ),
    ),
    (
        "command.wrapper",
        "what it starts cannot be told from its arguments; name the program itself",
        (
            "emacs ed entr ex expect flock gdb less lldb ltrace man more nano nvim parallel rlwrap "
            "screen script strace "
            "tmux unbuffer vi view vim vimdiff watch"
        ),
    ),
    (
        "command.background",
        "what it starts outlives the call",
        "at batch crontab daemonize disown schtasks setsid start-stop-daemon systemd-run",
    ),
    (
        "command.shell",
        "it is part of a shell, and no shell runs; write the command that it would lead to",
        (
            ". : alias bg bind break caller cd compgen complete compopt continue declare dirs enable "
            "eval exit export fc fg "
            "getopts hash history jobs let local logout mapfile popd pushd read readarray readonly "
            "return set shift shopt "
            "source times trap type typeset ulimit umask unalias unset wait"
        ),
    ),
)
POWER_ACTIONS = "emergency exit halt hibernate hybrid-sleep kexec poweroff reboot rescue sleep suspend".split(
    " "
)
