# What run and minimise share: where builds are, which targets there are, and how they are built. To be sourced.

fail() { printf '%s\n' "$*" >&2; exit 2; }

# Where the caller stands a relative folder begins.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:+$(realpath -m "$CARGO_TARGET_DIR")}
cd "$(dirname "${BASH_SOURCE[0]}")"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
scratch=$CARGO_TARGET_DIR/fuzzing

mapfile -t all_targets < <(sed -n '/^\[\[bin\]\]/{n;s/^name = "\(.*\)"$/\1/p}' Cargo.toml)
test ${#all_targets[@]} != 0 || fail 'no targets in fuzz/Cargo.toml'

choose() { # targets, or all
  targets=("$@")
  if test "$*" = all; then targets=("${all_targets[@]}"); fi
  local target
  for target in "${targets[@]}"; do
    [[ " ${all_targets[*]} " == *" $target "* ]] || fail "no target $target; there are: ${all_targets[*]}"
  done
}

# Without a sanitizer: no crate here has unsafe code, and it would take most of the time.
build() { # targets...
  cargo +nightly --version >/dev/null 2>&1 ||
    fail 'fuzzing needs the nightly compiler: rustup toolchain install nightly --profile minimal'
  cargo fuzz --version >/dev/null 2>&1 || env -u RUSTFLAGS cargo install cargo-fuzz --locked
  if test $# = ${#all_targets[@]}; then
    cargo +nightly fuzz build --sanitizer none
  else
    local target
    for target; do cargo +nightly fuzz build --sanitizer none "$target"; done
  fi
  binaries=$CARGO_TARGET_DIR/$(rustc +nightly -vV | sed -n 's/^host: //p')/release
}
