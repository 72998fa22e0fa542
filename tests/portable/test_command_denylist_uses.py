"""Ordinary work that the denylist mode lets through, a command line a row."""

from __future__ import annotations

from clawft.security.commands import CommandPolicy

USES = r"""
rm -rf ./build
rm -rf build
rm -f *.pyc
rm file.txt
rm -- -x
mkdir -p a/b/c
mkdir -m 755 x
cp a b
cp -r src dst
cp -a src dst
mv a b
mv -f a b
touch x
ln -s a b
chmod +x run.sh
chmod 755 run.sh
chmod -R u+w src
chmod -x run.sh
make
make test
make -j4 all
make -C sub
make CC=gcc CFLAGS=-O2
python3 script.py
python3 script.py --flag value
python3 -u script.py
python3 -B src/main.py a b
python3 -m pytest
python3 -m pytest -q tests/test_x.py
python3 -m venv .venv
python3 -m http.server
python3 --version
python --version
bash build.sh
bash -x build.sh
bash -euo pipefail build.sh
sh ./run.sh arg
node app.js
node --version
perl script.pl
ruby script.rb
npm install
npm test
npm run build -- --watch=false
npx eslint src
pip install requests
pip install -r requirements.txt
pytest -k "a and b"
cargo build --release
go test ./...
gcc -O2 -o prog prog.c
gcc -Iinclude -c a.c
git status
git status -sb
git log --oneline -5
git log -n 3 --stat
git log --since="2 days ago" --format='%h %s'
git log main..dev
git diff
git diff HEAD~1
git diff --cached
git diff --name-only main...HEAD
git diff -- src/a.py
git show HEAD
git show HEAD:README.md
git show --stat
git branch
git branch -a
git branch --list
git branch new
git add .
git add -A
git commit -m "fix /etc handling"
git commit -am "x; y && z"
git commit --amend --no-edit
git checkout -b feature
git checkout main
git switch -c x
git merge dev
git pull
git push origin main
git push -u origin x
git fetch --all
git clone https://github.com/a/b.git
git clone https://github.com/a/b
git stash
git stash list
git stash pop
git tag
git tag v1.0
git remote -v
git rev-parse HEAD
git rev-parse --abbrev-ref HEAD
git ls-files
git blame README.md
git blame -L 1,5 README.md
git config --get user.name
git config --list
git reset --hard HEAD~1
git restore x
git rm x
git mv a b
git init
git grep -n foo
git describe --tags
git shortlog -sn
git --version
git -C sub status
git rebase main
git cherry-pick abc123
tar czf a.tgz src
tar xzf a.tgz
tar -xzf a.tgz -C out
tar tf a.tar
tar -czvf a.tar.gz --exclude=node_modules .
tar --list --file=a.tar
tar xf a.tar --strip-components=1
sed 's/a/b/' f
sed -i 's/a/b/g' f
sed -i.bak 's|/usr|/opt|g' f
sed -n '1,5p' f
sed -e 's/a/b/' -e '/^$/d' f
sed '/^#/d; s/x/y/2' f
sed -E 's/([0-9]+)-([a-z]+)/\2-\1/g' f
sed '$d' f
sed '1i\header' f
sed 's/[^,]*,//' f
sed -n '/start/,/end/p' f
sed ':a;N;$!ba;s/\n/ /g' f
sed 'y/abc/xyz/' f
sed '1!G;h;$!d' f
sed -n '$=' f
sed '/foo/s//bar/' f
sed 's/[[:space:]]*$//' f
awk '{print $1}' f
awk -F, '{print $2}' f.csv
awk -F: -v x=1 '$3 > x {print $1}' f
awk '{s+=$1} END {print s/NR}' f
awk 'NR==1 || /foo/' f
awk 'NR>1 && $2 > 100 {print $1, $2}' f
awk '{printf "%s\n", $1}' f
awk 'BEGIN{FS=","} {a[$1]++} END{for (k in a) print k, a[k]}' f
awk '!seen[$0]++' f
awk 'length > 80' f
awk '{ if ($1 > 5) print "big"; else print "small" }' f
awk '{print ($1 > 5)}' f
awk '/a\/b/ {gsub(/x/, "y"); print}' f
awk '{print $1/2, $2}' f
awk 'END{print NR}' f
find . -name '*.pyc' -delete
find . -name '*.py' | xargs grep foo
find . -name '*.tmp' -print0 | xargs -0 rm -f
ls | xargs -n1 echo
git ls-files | xargs wc -l
xargs echo < f
env
env LANG=C sort f
env NO_COLOR=1 make test
timeout 30 make test
timeout 5s ls
nice -n 10 make
nohup ls
time make
stdbuf -oL ls
command ls
sort -o f f
tee out.txt
make | tee log.txt
make 2>&1 | tee -a log.txt
cut -d, -f1 f
tr a-z A-Z
tr -d '\n'
echo hi | tr 'a-z' 'A-Z'
basename /a/b.txt
dirname /a/b
realpath x
seq 1 10
printf '%s\n' a b
sleep 1
which python3
whoami
id
uname -a
hostname
df -h
df -h .
du -sh .
du -sh * | sort -h
stat f
file f
ps aux
ps -ef
md5sum f
sha256sum *.tgz
gzip f
gunzip f.gz
zip -r a.zip src
unzip a.zip
unzip -l a.zip
unzip a.zip -d out
jq . f.json
jq -r '.a[] | .important' f.json
jq --arg x 1 '.a == $x' f.json
base64 f
xxd f | head
cmp a b
comm -12 a b
paste a b
tree -L 2
grep shutdown log
echo reboot
echo "pseudo code"
cat sudo.txt
ls shutdown
npm run reboot
nl f
od -c f
rev f
tac f
split -l 100 f part_
kill 1234
docker ps
cd src && make
cd a/b && python3 x.py && ls
head -c 16 f | base64
rm -rf node_modules && npm install
command -v git
[ -f x ] && make
git commit -m"Fix: pass S and x"
git commit -F msg.txt
git config user.name
git config user.name "A B"
cargo test -- --nocapture
jq .[0].name f.json
jq -r .a[] f.json
docker build -t x .
DEBUG=1 make test
NODE_ENV=production npm run build
GOOS=linux GOARCH=arm64 go build ./...
PYTHONPATH=src pytest -q
CC=clang CFLAGS='-O2 -g' make
env CI=true npm test
RUST_LOG=debug cargo run
true > f
grep -rl foo . | xargs sed -i s/foo/bar/
git ls-files -z | xargs -0 rm
git diff --name-only | xargs rm
"""


def test_ordinary_work_is_not_refused() -> None:
    policy = CommandPolicy("denylist")
    for line in USES.strip("\n").replace("<TAB>", "\t").split("\n"):
        policy.judge_line(line)
