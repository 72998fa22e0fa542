"""Each program's rule: a command line that it lets through beside one that it refuses."""

from __future__ import annotations

from clawft.core.errors import PolicyDenied
from clawft.security.command_options import Rule, read_arguments
from clawft.security.command_rules import ASSIGNABLE, INTERPRETERS, NEVER, NEVER_SET, RULES, WRAPPERS
from clawft.security.command_scripts import check_awk_program, check_sed_script
from clawft.security.commands import CommandPolicy

# allowed | refused, where both programs are on the list
TWINS = r"""
arch | arch x
base32 -d f | base32 -d /f
base64 -w 0 f | base64 -w /0 f
basename /a/b .c | basenam x
bzip2 -k f | bzip2 -k /f
cat -n f | cat -Z f
chmod 644 f | chmod 644 /f
chmod -R go-w d | chmod -R go-w ..
chmod -x f | chmod -x /f
chmod --reference=f g | chmod --reference=/f g
chmod u+x f | chmod u+x .git/hooks/x
cksum -a sha1 f | cksum ~/f
cmp a b | cmp a /b
column -t -s, f | column /f
comm -12 a b | comm -12 a /b
cp -r a b | cp -L a b
cp -t d a b | cp -t /d a b
cp a b | cp a --target-directory=/tmp
cp a b | cp --dereference a b
cut -d/ -f1 f | cut -f1 /f
date -d 'last friday' +%F | date -d x 01010000
df -h . | df -h --unknown
diff -u a b | diff -u a b --to-file=/x
diff -x '*.o' -r a b | diff -X /x -r a b
dirname /a/b | dirname_ x
du -sh --max-depth=1 . | du -sh --files0-from=x
du -d1 . | du -L .
echo -e /etc | echoo x
env -0 | env -0 ls
expand -t 4 f | expand -t4 /f
expr 4 / 2 | exprr 1
file -b f | file -f list
file f | file -m magic f
find . -maxdepth 1 -ls | find . -maxdepth 1 -fls x
find . -printf '%f\n' | find . -fprintf x '%f\n'
find . -samefile a | find . -samefile /a
fmt -w 70 f | fmt -w 70 /f
fold -s -w 80 f | fold -s -w 80 /f
free -m | free x
git status -s | git commit -m x
git log --oneline -n 5 | git log --output=x
git diff --stat HEAD~1 | git diff --ext-diff
git diff -- a/b | git diff -- ../b
git show HEAD:a | git show --textconv HEAD
git branch -a | git branch new
git branch --list 'x*' | git branch -D x
git tag -l | git tag v1
git grep -n x | git grep -Osh x
git blame -L1,3 f | git blame --contents /x f
git remote -v | git remote add x y
git stash list | git stash
git config --get a.b | git config a.b c
git config user.name | git config user.name x
git -C sub log | git -C .. log
git --no-pager log | git -c a=b log
git ls-files -o --exclude-standard | git ls-files -X list
git rev-parse HEAD | git rebase main
git --no-pager log | git --paginate log
git version | git --exec-path=. version
git worktree list | git worktree add x
git cat-file -p HEAD | git cat-file --textconv HEAD:a
grep -f list f | grep -f /list f
grep -c x f | grep -c x /f
grep -e a -f b c | grep -e /etc -f b /c
grep -r x . | grep --dereference-recursive x .
groups me | groups /me
gzip -9 f | gzip -9 /f
gunzip f.gz | gunzip ../f.gz
head -n 5 -q f | head -n 5x/ f
hexdump -C f | hexdump -C /f
hostname -f | hostname evil
id -u | id /u
join a b | join a /b
jq -r '.important' f | jq -r 'import "x" as $x; .' f
jq --arg a b '.x' f | jq --rawfile a /b '.x' f
jq . f | jq -L d . f
jq . f | jq -n -f prog
ln -s a b | ln -s /a b
ln a b | ln a /b
ls -la --sort=time d | ls -la --dereference d
md5sum -c sums | md5sum /x
mkdir -p a/b | mkdir -p /a/b
mkdir -m 700 a | mkdir .git
mv a b | mv a /b
mv -t d a | mv -t .. a
nl -ba f | nl /f
nproc --all | nproc x
od -An -tx1 f | od /f
paste -d, a b | paste a /b
printenv HOME | printenv /x
printf '%s/%s\n' a b | printff
ps -ef | ps -E
ps aux | ps axe
ps -o pid,comm | ps -o environ
pwd -P | pwd x
readlink -f a | readlink -f /a
realpath a | realpath --relative-to=/ a
rev f | rev /f
rg -n x src | rg --pre sh x src
rg x . | rg --pr=sh x .
rg -e x . | rg -e x /etc
rm -rf build | rm -rf ../build
rm f | rm .git/index
rm -r a/b | rm -r .
rmdir d | rmdir /d
sed -n 1p f | sed -n 1e f
sed s/a/b/ f | sed s/a/b/ /f
sed -i.bak s/a/b/ f | sed -i.bak s/a/b/ .git/config
sed -e 1d f | sed -f script f
sed --expression=1d f | sed --file=script f
seq 1 2 9 | seqq
sha256sum f | sha256sum /f
shuf -n 1 f | shuf -o g f
sleep 2.5 | sleep 1h
sleep 300 | sleep 200 101
sort -k2,2n -t: f | sort -k2,2n -t: f -o g
sort --buffer-size=1M f | sort --compress-program=gzip f
split -l 10 f out- | split -l 10 --filter=sh f
split f out | split f /out
stat -c %s f | stat -L f
strings -n 8 f | strings /f
sum f | sum /f
tac f | tac /f
tail -n +3 f | tail -n +3 -f f
tar tzf a.tgz | tar tzf /a.tgz
tar -czf a.tgz d | tar -czf a.tgz /d
tar xf a.tar | tar xf a.tar -P
tar xf a.tar -C out | tar xf a.tar --directory=/out
tar -xf a.tar --strip=1 | tar -xf a.tar --to-command=id
tar cf a.tar --exclude='*.o' d | tar cf a.tar -T list
tar cvzf a.tgz d | tar cvzfI a.tgz sh d
tar xf a.tar | tar xf h:a.tar
tee -a log | tee -a /log
test -f a | test -f /a
test a -nt b | test a -nt /b
test -n /etc | test -e /etc
touch -d yesterday f | touch -r /x f
touch f | touch /f
tr / _ | tr a b c
tree -L 2 | tree -o /x
true anything | truee
tty | tty x
uname -a | uname -Z
unexpand -a f | unexpand /f
uniq -c f | uniq -c f g
unlink f | unlink /f
unzip -l a.zip | unzip -: a.zip
unzip a.zip -d out | unzip a.zip -d /out
uptime -p | uptime x
wc -l f | wc -l --files0-from=f
which -a ls | which /ls
who -b | who x
whoami | whoami x
xxd f | xxd f g
xxd -l 16 f | xxd -l 16 /f
xz -k f | xz -k /f
zcat f.gz | zcat /f.gz
zip -r a.zip d | zip -r a.zip d -TT sh
zip -q a.zip f | zip -q a.zip /f
zstd f | zstd /f
awk '{print $1}' f | awk '{print $1}' /f
awk -F: '{print}' f | awk -f prog f
awk -v a=b 1 f | awk -i inplace 1 f
mawk 1 f | mawk -W exec=x f
awk 1 f | awk -l x 1 f
nice -n 5 ls | nice -n 5 lss
timeout 5 ls | timeout 5 find . -delete
timeout -s KILL 5 ls | timeout --unknown 5 ls
nohup ls | nohup sudo
stdbuf -oL ls | stdbuf -oL /tmp/ls
ionice -c2 -n7 ls | ionice -p 1
taskset 1 ls | taskset x/y ls
chrt -b 0 ls | chrt -b 0 cat /f
busybox ls | busybox sh
command ls | command cat /f
command -v ls | command -v /bin/ls
time -p ls | time -o f ls
find . -print0 | xargs -0 grep x | find . | xargs grep x
find . -print0 | xargs -0 cat | echo /etc/passwd | xargs cat
find . -print0 | xargs -0 cat | find . -printf '/etc/passwd\0' -print0 | xargs -0 cat
ls | xargs echo | ls | xargs -a f echo
make all | make -f /Makefile
make CC=gcc | make CC=/tmp/gcc
make -C sub | make -C..
make https://a/b | make file:///a
LC_TIME=C ls | LD_AUDIT=x ls
TZ=UTC0 date | TZ=/x date
ls 2>&1 | ls 2>&3
ls >f 2>&1 | ls >/f 2>&1
ls >/dev/null | ls >/dev/tty
ls >/dev/stderr | ls </dev/stderr
cat <f | cat 3<f
cat </dev/null | cat <.
"""
PROGRAMS = (
    "arch awk busybox chrt column command cksum cmp comm cp chmod cut df dirname du expand expr factor "
    "file fmt fold free git groups gunzip gzip hexdump hostname id ionice join jq ln make mawk md5sum "
    "mkdir mv nice nl nohup nproc od paste printenv printf ps readlink realpath rev rg rm rmdir sed seq "
    "sha256sum shuf sleep split stat stdbuf strings sum tac tar taskset tee time timeout touch tr tree "
    "tty uname unexpand unlink unzip uptime which who whoami xargs xxd xz zcat zip zstd base32 base64 "
    "basename bzip2 echo cat ls pwd head tail wc grep find sort uniq diff date env true false test"
).split(" ")


def is_allowed(policy: CommandPolicy, line: str) -> bool:
    try:
        policy.judge_line(line)
    except PolicyDenied:
        return False
    return True


def halves(twin: str) -> tuple[str, str]:
    """The two command lines of a row; pipelines have as many bars on both sides."""
    parts = twin.split(" | ")
    middle = len(parts) // 2
    return " | ".join(parts[:middle]), " | ".join(parts[middle:])


def test_every_rule_lets_one_through_and_refuses_its_twin() -> None:
    policy = CommandPolicy("allowlist", PROGRAMS)
    for twin in TWINS.strip("\n").split("\n"):
        good, bad = halves(twin)
        assert is_allowed(policy, good), good
        assert not is_allowed(policy, bad), bad


def test_every_rule_has_its_twin() -> None:
    rows = "\n" + TWINS
    without = [name for name in RULES if "\n" + name + " " not in rows]
    assert sorted(without) == [
        "logname",
        "sha1sum",
        "sha224sum",
        "sha384sum",
        "sha512sum",
        "shasum",
        "unxz",
        "unzstd",
    ]  # fmt: skip - the same rules under other names, and a program without arguments
    assert [name for name in WRAPPERS if "\n" + name + " " not in rows] == ["builtin", "exec", "toybox"]


def test_every_rule_can_be_read() -> None:
    for text in list(RULES.values()) + list(INTERPRETERS.values()) + [rule for rule, _ in WRAPPERS.values()]:
        Rule(text)


def test_nothing_that_is_never_run_is_run() -> None:
    names = " ".join([names for _, _, names in NEVER]).split(" ")
    assert len(names) == len(set(names))
    for mode in ("allowlist", "denylist"):
        policy = CommandPolicy(mode, [name for name in names if name not in (".", ":")])
        for name in names:
            assert not is_allowed(policy, name), name
            assert not is_allowed(policy, name.upper() + " x"), name
            assert not is_allowed(policy, name + " a"), name
        assert is_allowed(CommandPolicy(), "echo " + " ".join(names))


def test_variables_before_a_command() -> None:
    policy = CommandPolicy()
    for name in ASSIGNABLE + ["LC_ALL", "LC_NUMERIC"]:
        assert is_allowed(policy, name + "=C ls"), name
        for value in ("/etc/x", "../x", "'a b'", "a=b", "~/x", "'$(id)'"):
            assert not is_allowed(policy, name + "=" + value + " ls"), name + value
    for name in (
        "PATH",
        "LD_PRELOAD",
        "HOME",
        "IFS",
        "PYTHONPATH",
        "GIT_DIR",
        "LESSOPEN",
        "LCX",
        "lc_all",
        "LOCPATH",
    ):
        assert not is_allowed(policy, name + "=C ls"), name
    denying = CommandPolicy("denylist")
    for name in NEVER_SET:
        assert not is_allowed(denying, name + ("x=1 ls" if name.endswith("_") else "=1 ls")), name
    assert is_allowed(denying, "DEBUG=1 ls")
    assert not is_allowed(denying, "DEBUG=/etc/x ls")
    assert not is_allowed(policy, "DEBUG=1 ls")


def test_options_are_read_as_getopt_long_reads_them() -> None:
    rule = Rule("-abR -n:count -i?word --all --alpha:text --color?word --colour?word --only:text | text*")
    for arguments, options, operands in (
        (["-ab", "x"], [("a", ""), ("b", "")], ["x"]),
        (["-an5", "x"], [("a", ""), ("n", "5")], ["x"]),
        (["-an", "5", "x"], [("a", ""), ("n", "5")], ["x"]),
        (["-n-a"], [("n", "-a")], []),
        (["-ia", "x"], [("i", "a")], ["x"]),
        (["-i", "x"], [("i", "")], ["x"]),
        (["x", "-a", "y"], [("a", "")], ["x", "y"]),
        (["--", "-a"], [], ["-a"]),
        (["-n", "--", "x"], [("n", "--")], ["x"]),
        (["--alpha=x=y"], [("alpha", "x=y")], []),
        (["--alpha", "x"], [("alpha", "x")], []),
        (["--alp", "x"], [("alpha", "x")], []),
        (["--all"], [("all", "")], []),
        (["--color", "x"], [("color", "")], ["x"]),
        (["--color=x"], [("color", "x")], []),
        (["--on=x"], [("only", "x")], []),
        (["-", "x"], [], ["-", "x"]),
    ):
        given = read_arguments("p", rule, arguments, has_list=True)
        assert given.options == options, arguments
        assert given.operands == operands, arguments
    for arguments in (["-c"], ["--al"], ["--col"], ["--alpha"], ["-n"], ["--all=x"], ["--nothing"], ["-aZ"]):
        try:
            read_arguments("p", rule, arguments, has_list=True)
        except PolicyDenied as denied:
            assert denied.rule == "command.option"
        else:
            raise AssertionError(arguments)


def test_arguments_that_become_others() -> None:
    policy = CommandPolicy()
    for line, argv in (
        ("grep -nR x .", ["grep", "-nr", "x", "."]),
        ("sort --rev f", ["sort", "--reverse", "f"]),
        ("grep -eR -R x", ["grep", "-eR", "-r", "x"]),
    ):
        assert policy.judge_line(line).pipelines[0].stages[0].argv == argv


def test_scripts_of_sed_and_awk() -> None:
    for check, good, bad in (
        (check_sed_script, "s/a/e/g", "s/a/b/e"),
        (check_sed_script, "s/a/w/", "s/a/b/w x"),
        (check_sed_script, "s,a/e,b,", "s,a,b,ge"),
        (check_sed_script, "/e/d", "/x/e"),
        (check_sed_script, "1,5p;$d", "1,5p;e id"),
        (check_sed_script, "/a/{p;d}", "/a/{e\n}"),
        (check_sed_script, "a\\\ne id", "a x\ne id"),
        (check_sed_script, "1a e id", "1!e id"),
        (check_sed_script, "y/e/w/", "y/a/b/;w x"),
        (check_sed_script, ":a;ba", ":a e id"),
        (check_sed_script, "s/[^/]*$//"[:0] + "s|[^/]*$||", "s/[^/]*$//"),
        (check_sed_script, "s/[[:alpha:]]]/x/", "s/[[:alpha:]/]/x/"),
        (check_sed_script, "s/[]]/x/", "s/a"),
        (check_sed_script, "# e id", "r /etc/passwd"),
        (check_sed_script, "\\,x,d", "\\,x,W f"),
        (check_sed_script, "q5", "R f"),
        (check_awk_program, "{print $1}", "{system($1)}"),
        (check_awk_program, "/system/", "{system \n(1)}"),
        (check_awk_program, '{print "a|b > c"}', '{print "a" | "sh"}'),
        (check_awk_program, "$1 > 5", "{print $1 > 5}"),
        (check_awk_program, "{print (1 > 2)}", '{print (1) > "f"}'),
        (check_awk_program, "{if (a > b) print a}", '{if (a) print a > "f"}'),
        (check_awk_program, "{print a,\nb}", '{print a,\nb > "f"}'),
        (check_awk_program, "{print a\n}\n$1 > 2", '{print a >> "f"}'),
        (check_awk_program, "a || b", "a | getline"),
        (check_awk_program, "# system(1)", "BEGIN { while ((getline l < f) > 0) n++ }"),
        (check_awk_program, "/[]]/", '/[]/]"/; system("id"); "/x/'),
        (check_awk_program, "{print (a)/2}", '{ if (1) /"/; system("id"); "/x/ }'),
        (check_awk_program, "{print $1/2}", '{ $/"/; system("id"); "/1 }'),
        (check_awk_program, "{x++; if (/a/) y}", '{ x++ /"/; system("id"); "/1 }'),
        (check_awk_program, "/[[:alpha:]]/", '/[[:alpha:]/]"/; system("id"); "/x/'),
        (check_awk_program, 'BEGIN{FS=","}', "BEGIN{ARGV[1]=f;ARGC=2}"),
        (check_awk_program, "a @ b"[:1], '@load "x"'),
        (check_awk_program, '"a\\"b"', '"a'),
        (check_awk_program, "length > 2", '{print length /"/; system("id"); "/ 2'),
    ):
        check(good)
        try:
            check(bad)
        except PolicyDenied as denied:
            assert denied.rule == "command.script"
        else:
            raise AssertionError(bad)
