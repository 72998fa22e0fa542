"""What the default policy refuses because it names or could reach a file outside the workspace."""

from __future__ import annotations

from clawft.core.errors import PolicyDenied
from clawft.security.commands import CommandPolicy

ATTACKS = {
    "path.outside": r"""
rm -rf /*
echo x > /dev/sda
echo x >/dev/sda
echo x >/dev/nvme0n1
echo x>/dev/sda
cat /etc/passwd
cat /etc/shadow
cat < /etc/shadow
cat </etc/shadow
cat 0</etc/shadow
cat "/etc/passwd"
cat /etc/pass""wd
cat /e\tc/passwd
cat '/etc/'passwd
cat ../../etc/passwd
cat ./../../etc/passwd
cat src/../../x
cat ~/.ssh/id_rsa
cat ~
cat $HOME/.ssh/id_rsa
cat ${HOME}/.ssh/id_rsa
cat "$HOME/.ssh/id_rsa"
cat $PWD/../x
cat /???/passwd
cat /e*/passwd
cat /etc/*
cat /etc/passw[d]
cat ../*
cat $'/etc/passwd'
cat /proc/self/environ
cat /proc/1/environ
cat /dev/tcp/1.2.3.4/80
cat /dev/mem
cat file /etc/passwd
cat -n /etc/passwd
cat -- /etc/passwd
head /etc/passwd
head -n1 /etc/passwd
tail /etc/passwd
tail -n 5 /etc/shadow
wc /etc/passwd
grep x /etc/passwd
grep -r x /
grep -r x ..
grep -r x ~
grep -f /etc/shadow x
grep -f/etc/shadow x
grep --file=/etc/shadow x
grep --file /etc/shadow x
grep -nf/etc/shadow x
grep --exclude-from=/etc/shadow -r x .
grep -e x /etc/passwd
grep --regexp=x /etc/passwd
find /
find / -name passwd
find ..
find ~ -name id_rsa
find . -newer /etc/passwd
find . -samefile /etc/passwd
find . /etc -name x
sort -T /tmp in
sort -T/etc in
sort --temporary-directory=/tmp in
sort --random-source=/etc/shadow in
sort /etc/passwd
uniq /etc/passwd
diff /etc/passwd a
diff a /etc/passwd
diff --from-file=/etc/passwd a
diff --to-file /etc/passwd a
diff -X /etc/shadow a b
date -r /etc/passwd
date --reference=/etc/passwd
test -f /etc/passwd
test -r ~/.ssh/id_rsa
test -e ../x
test a -nt /etc/passwd
test a -ef /etc/passwd
ls /
ls /etc
ls ~/.ssh
ls ..
ls -la /root
ls -I /x /etc
echo x > /etc/passwd
echo x >> ~/.ssh/authorized_keys
echo x > ../x
echo x > $HOME/.bashrc
echo x > ~/.bashrc
echo x >> /root/.bashrc
echo x >| /etc/x
echo x &> /etc/x
echo x &>> /etc/x
cat < ~/.ssh/id_rsa
echo x > "a*"/../../b
echo /etc/*
echo ../*
""",
    "path.private": r"""
echo x > .git/config
echo x > .GIT/config
echo x > sub/.git/hooks/pre-commit
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
