"""Ordinary command lines that the default policy lets through, one a row."""

from __future__ import annotations

from clawft.security.commands import CommandPolicy

USES = r"""
echo hello
echo "hello world"
echo 'single $HOME'
echo a\ b
echo -n no newline
echo "$HOME"
echo ${HOME}
echo $LANG
echo cost: 5\$
echo "100%"
echo price is $ 5
echo # comment
echo a#b
echo reboot
echo shutdown now
echo "rm -rf /"
echo 'sudo make me a sandwich'
echo pseudo code
echo "a;b|c&d>e"
echo 'it'\''s'
echo one; echo two
echo one && echo two
false || echo failed
! false
true; false; true
ls
ls -la
ls -lah src
ls -1 --color=never
ls -R .
ls *.py
ls src/*.py
ls -d */
ls -lt | head -5
ls -ltr | tail -n 3
ls 2>/dev/null
ls nosuch 2>&1
ls nosuch 2>&1 | head
ls > listing.txt
ls >> listing.txt
ls >| listing.txt
cat README.md
cat -n README.md
cat ./README.md
cat a b c
cat < input.txt
cat *.md
cat file | sort | uniq -c | sort -rn | head -n 10
cat "file with space.txt"
cat file\ with\ space.txt
cat -- -odd
cat src/main.py | wc -l
cat a.txt - < b.txt
cat data.csv 2>/dev/null || echo missing
pwd
pwd -P
head -n 20 README.md
head -20 README.md
head -c 100 README.md
head --lines=5 README.md
head -n -1 f
tail -n 20 log.txt
tail -20 log.txt
tail -n +2 data.csv
tail -c 100 log.txt
wc -l README.md
wc -lwc *.txt
wc --lines < f
grep foo README.md
grep -i "foo bar" README.md
grep -rn TODO .
grep -rn "TODO" src --include="*.py"
grep -rn TODO --include=*.py src
grep -E "^(a|b)$" file
grep -P '\d+' file
grep -v '^#' config.txt
grep -c foo file
grep -l foo *.txt
grep -A3 -B2 foo file
grep -5 foo file
grep -n5 foo file
grep -e foo -e bar file
grep -f patterns.txt file
grep -- -x file
grep "foo$" file
grep shutdown log
grep -R foo .
grep -oE '[0-9]+' file
grep --color=auto foo file
grep -q foo file && echo found
grep "sudo" auth.log
grep /api/v1 routes.txt
find .
find . -name '*.py'
find . -name "*.txt" -type f
find src -maxdepth 2 -type d
find . -mtime -7 -size +10k
find . \( -name a -o -name b \) -print
find . ! -name '*.pyc'
find . -type f -printf '%p %s\n'
find . -newer README.md
find . -path ./node_modules -prune -o -name '*.js' -print
find . -type f | wc -l
find . -empty
find . -iname readme*
sort file
sort -n numbers.txt
sort -rn -k2,2 data.txt
sort -t, -k1 data.csv
sort -u names.txt
sort --reverse names.txt
sort --rev names.txt
sort -k 2 -t : file
sort < in > out
uniq file
uniq -c
sort f | uniq -d
diff a b
diff -u a.txt b.txt
diff -r dir1 dir2
diff --brief a b
diff -u a b > changes.patch
diff <a b
date
date +%Y-%m-%d
date "+%Y-%m-%d %H:%M:%S"
date -u
date -d "yesterday" +%F
date --iso-8601
date -u +"%Y-%m-%dT%H:%M:%SZ"
date -r README.md
date -R
env
env | sort
env | grep LANG
true
false
test -f README.md
test -d src && echo yes
test -n "abc"
test a = b || echo differ
test 5 -gt 3
test "$HOME" != ""
test ! -e nosuch
test -f a -a -f b
test -s log.txt && tail log.txt
test a.txt -nt b.txt
LC_ALL=C sort names.txt
LANG=C date
TZ=UTC date
TZ=Europe/Paris date
NO_COLOR=1 ls
LC_ALL=C LANG=C ls
cd src && ls
cd src; ls -la
cd src/lib && grep -n x *.c
echo hi > /dev/null
echo hi >/dev/null 2>&1
echo err >&2
echo err 1>&2
echo x > /dev/stderr
ls &> out.log
ls &>> out.log
ls |& head
/usr/bin/ls
/bin/cat README.md
/usr/bin/grep foo bar
echo {}
echo {a}
echo a{b}c
echo HEAD@{1}
echo a=b
echo --x=~
echo "~"
echo !
echo [a
echo ']' '['
echo a]b
echo "$"
echo $
echo a$
echo "日本語" ✓
cat файл.txt
grep 'a*b' file
echo ""
echo ''
echo "tab<TAB>here"
echo a   b<TAB>c
  echo leading
echo trailing ;
echo x | cat
echo x|cat|cat
echo x |cat
ls;pwd
ls&&pwd
ls||pwd
echo 1>out.txt
echo 2> err.txt
echo a2>out.txt
cat<file
cat<file>out
echo -e "a\tb"
echo "a\\b"
echo "back\slash"
echo "say \"hi\""
echo "\$HOME"
[ -f README.md ]
[ -d src ] && echo yes
[ "$HOME" = / ] || echo no
[ 1 -lt 2 ]
find . -type f -not -path './venv/*'
find . -regextype posix-extended -regex '.*\.(py|txt)'
grep -rl foo . | sort
grep 'a\|b' f
grep -nH foo a.txt b.txt
date -d @0
date +%s -u
ls --color
ls -l --time-style=+%F
cat log 2>&1 | grep -i error | tail -n 5 > errors.txt
uniq -c < f
head -n1 f; tail -n1 f
echo "a" >> f && cat f
echo "x: $LANG" "${USER}"
sort -t $'\t' -k2 f
grep $'\t' f
"""


def test_ordinary_work_is_not_refused() -> None:
    policy = CommandPolicy()
    for line in USES.strip("\n").replace("<TAB>", "\t").split("\n"):
        policy.judge_line(line)
