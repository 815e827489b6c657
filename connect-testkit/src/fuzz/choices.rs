//! What a target makes of its input.

/// An input as a list of choices, from its front to its end. Behind the end every choice is 0, which therefore
/// always stands for the plainest, and a short input means something.
///
/// The corpora depend on what is read in which order: whoever changes that finds them worth less, not broken.
#[derive(Clone, Debug)]
pub(crate) struct Choices<'a> {
    rest: &'a [u8],
}

impl<'a> Choices<'a> {
    pub(crate) const fn new(input: &'a [u8]) -> Self {
        Self { rest: input }
    }

    /// Nothing is left but zeros.
    pub(crate) const fn are_over(&self) -> bool {
        self.rest.is_empty()
    }

    /// Everything that was not read yet.
    pub(crate) const fn rest(self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.rest.split_first() else {
            return 0;
        };
        self.rest = rest;
        *byte
    }

    /// The next `len` bytes, or as many as there are.
    #[cfg(feature = "tls")]
    pub(crate) fn bytes(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(len.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// Two bytes.
    pub(crate) fn number(&mut self) -> usize {
        usize::from(u16::from_be_bytes([self.byte(), self.byte()]))
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.byte() % 2 == 1
    }

    /// One byte.
    pub(crate) fn one_of<T: Clone>(&mut self, list: &[T]) -> T {
        list[usize::from(self.byte()) % list.len()].clone()
    }

    /// A length, at least 1: mostly short, sometimes next to one at which something changes in the code.
    pub(crate) fn len(&mut self) -> usize {
        const EDGES: [usize; 4] = [64, 512, 4096, 32 * 1024];
        const NEAR: usize = 12;
        match self.byte() {
            short @ 0..192 => 1 + usize::from(short),
            192..208 => 1 + self.number() % 10_000,
            208..255 => self.one_of(&EDGES) - NEAR + usize::from(self.byte()) % (2 * NEAR),
            255 => 1 + self.number(),
        }
    }

    /// Reads one after the other until all is read, but no more than `most`.
    pub(crate) fn list<T>(&mut self, most: usize, mut read: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let mut list = Vec::new();
        while !self.are_over() && list.len() < most {
            list.push(read(self));
        }
        list
    }
}
