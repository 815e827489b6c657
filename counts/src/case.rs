//! One hot path.

use std::hint::black_box;

/// One hot path, over a fixed number of messages.
pub struct Case {
    name: String,
    messages: usize,
    prepare: Box<dyn Fn() -> Pass>,
}

/// Takes all messages of a case through its path; as often as it is called.
pub type Pass = Box<dyn FnMut()>;

impl Case {
    pub(crate) fn new<P: FnMut() + 'static>(
        name: impl Into<String>,
        messages: usize,
        prepare: impl Fn() -> P + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            messages,
            prepare: Box::new(move || Box::new(prepare())),
        }
    }

    /// Names it in the table.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many messages a pass takes.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.messages
    }

    /// The pass after the first: what is set up once is not a message's.
    #[must_use]
    pub fn warm_pass(&self) -> Pass {
        let mut pass = (self.prepare)();
        pass();
        pass
    }
}

/// Runs a pass. Whoever counts instructions counts those between the entry and the exit of this function.
#[inline(never)]
pub fn measured(pass: &mut Pass) {
    pass();
    // Or it would leave by a jump into the pass.
    black_box(());
}
