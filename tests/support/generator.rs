//! Whole manifests by chance: every construct, laid out as nobody would.

use crate::support::cases::Random;

/// Writes one manifest after the other; the same seed gives the same ones.
pub struct Generator {
    random: Random,
    out: String,
    /// How deep the next expression, type or body would be.
    depth: usize,
    comments: usize,
}

const NAMES: [&str; 12] = [
    "a",
    "web",
    "n1",
    "_x",
    "format",
    "on",
    "a_rather_long_name_of_a_thing",
    "it",
    "K",
    "b2",
    "to",
    "as",
];

const LITERALS: [&str; 22] = [
    "null",
    "true",
    "1",
    "0x1f",
    "1_000",
    "1.5",
    "512MiB",
    "1h30m",
    "10.0.0.1",
    "10.0.0.0/24",
    "8080/tcp",
    "20000-29999/udp",
    "\"\"",
    "\"text\"",
    "'raw \\ text'",
    "'plain'",
    "\"\\n\\u{e9}\"",
    "\"a text that takes some room on its line\"",
    "'''\n  raw\n  '''",
    "\"é\"",
    "false",
    "0",
];

const OPERATORS: [&str; 15] =
    ["??", "||", "&&", "==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%"];

impl Generator {
    /// A generator that begins with this seed.
    pub fn new(seed: u64) -> Generator {
        Generator { random: Random(seed), out: String::new(), depth: 0, comments: 0 }
    }

    /// The next manifest.
    pub fn manifest(&mut self) -> String {
        self.out.clear();
        (self.depth, self.comments) = (0, 0);
        for _ in 0..=self.random.below(4) {
            self.item(true);
            self.line_end();
        }
        std::mem::take(&mut self.out)
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.random.below(many) == 0
    }
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn any(&mut self, of: &[&str]) {
        let text = of[self.random.below(of.len())];
        self.push(text);
    }

    fn name(&mut self) {
        self.any(&NAMES);
    }

    /// Blanks where there may be some.
    fn blank(&mut self) {
        self.any(&["", " ", " ", "  ", "\t"]);
    }

    /// The same, or new lines.
    fn gap(&mut self) {
        self.any(&["", " ", " ", " ", "\n", "\n    "]);
    }

    fn line_end(&mut self) {
        match self.random.below(8) {
            0 => {
                self.comments += 1;
                self.out += &format!("  # note {}\n", self.comments);
            }
            1 => {
                self.comments += 1;
                self.out += &format!("\n\n  ## doc {}\n", self.comments);
            }
            2 => self.push("\n\n\n"),
            _ => self.push("\n"),
        }
    }

    /// Whether to stop going deeper.
    fn is_deep(&mut self) -> bool {
        self.depth > 4 || self.one_in(3)
    }

    fn deeper(&mut self, make: impl FnOnce(&mut Generator)) {
        self.depth += 1;
        make(self);
        self.depth -= 1;
    }

    fn body(&mut self) {
        self.push("{");
        self.deeper(|it| {
            let lines = it.one_in(2);
            if lines {
                it.line_end();
            }
            let count = if it.depth > 4 { 0 } else { it.random.below(4) };
            for index in 0..count {
                if index > 0 && !lines {
                    it.push(",");
                }
                it.blank();
                it.item(false);
                if lines {
                    it.line_end();
                }
            }
            it.blank();
        });
        self.push("}");
    }

    fn item(&mut self, top: bool) {
        match self.random.below(if self.depth > 4 { 4 } else { 24 }) {
            0 | 1 => self.attribute(),
            2 => {
                self.push("...");
                self.expr();
            }
            3 => {
                self.push("\"a key\"");
                self.assigned();
            }
            4 => {
                self.push("(");
                self.expr();
                self.push(")");
                self.assigned();
            }
            5 => self.declaration("let "),
            6 => self.declaration("output "),
            7 => self.function(),
            8 => self.type_item(),
            9 => self.input(),
            10 => {
                self.push("secret ");
                self.name();
                self.for_clause();
                self.assigned();
            }
            11 => self.demand("require "),
            12 => self.demand("expect "),
            13 if !top => {
                // Alone in a body, it makes the body a map.
                self.push("let m = {for k, v in ");
                self.expr();
                self.push(" : ");
                self.expr();
                self.push(" => ");
                self.expr();
                self.push("}");
            }
            14 => self.any(&["import \"./a.paas\" as b", "import { A,B } from './t.paas'"]),
            15 => {
                self.push("use catalog.films");
                self.any(&["", " as  films"]);
                self.for_clause();
                self.if_clause();
                self.blank();
                self.body();
            }
            16 => {
                self.push("module lab");
                self.for_clause();
                self.push(" from \"./lab\" ");
                self.body();
            }
            17 => self.any(&["moved a.b -> a.c", "moved tenant.x/app.y[\"k\"]  ->  app.y"]),
            18 => {
                self.push("adopt container.a");
                self.assigned();
            }
            19 => self.any(&["forget container.a", "forget tenant.b / app.c[ 1 ]"]),
            20 => {
                self.push("mock secret.a ");
                self.body();
            }
            _ => self.block(),
        }
    }

    fn attribute(&mut self) {
        self.name();
        self.assigned();
    }

    fn assigned(&mut self) {
        self.blank();
        self.push("=");
        self.blank();
        self.expr();
    }

    fn declaration(&mut self, word: &str) {
        self.push(word);
        self.name();
        self.type_note();
        self.assigned();
    }

    fn type_note(&mut self) {
        if self.one_in(2) {
            self.blank();
            self.push(":");
            self.gap();
            self.ty();
        }
    }

    fn function(&mut self) {
        self.push("fn ");
        self.name();
        self.blank();
        self.push("(");
        for _ in 0..self.random.below(3) {
            self.gap();
            self.name();
            self.type_note();
            if self.one_in(3) {
                self.push(" = ");
                self.expr();
            }
            self.any(&[",", ",\n", "\n"]);
        }
        self.push(")");
        if self.one_in(2) {
            self.push(" ->");
            self.gap();
            self.ty();
        }
        self.assigned();
    }

    fn type_item(&mut self) {
        self.push("type ");
        self.name();
        self.push(" =");
        self.gap();
        self.ty();
        self.refinement();
    }

    fn refinement(&mut self) {
        if self.one_in(3) {
            self.push(" where ");
            self.expr();
        }
    }

    fn input(&mut self) {
        self.push("input ");
        self.name();
        self.type_note();
        if self.one_in(2) {
            self.assigned();
        }
        self.refinement();
        if self.one_in(4) {
            self.push(" { require true }");
        }
    }

    fn demand(&mut self, word: &str) {
        self.push(word);
        self.push("a == ");
        self.expr();
        if self.one_in(2) {
            self.gap();
            self.push(" else \"a message\"");
        }
    }

    fn for_clause(&mut self) {
        if self.one_in(4) {
            self.any(&[" for x in ", " for k,v in ", "  for k , v in "]);
            self.expr();
            if self.one_in(3) {
                self.push(" by ");
                self.expr();
            }
        }
    }

    fn if_clause(&mut self) {
        if self.one_in(4) {
            self.push(" if ");
            self.expr();
        }
    }

    fn block(&mut self) {
        self.any(&[
            "container web",
            "tenant a",
            "service films",
            "lifecycle",
            "test \"it works\"",
            "defaults app",
            "existing host h",
            "given",
            "app \"quoted\"",
            "expose www",
        ]);
        self.for_clause();
        self.if_clause();
        self.blank();
        self.body();
    }

    fn separated(&mut self, item: impl Fn(&mut Generator)) {
        for _ in 0..self.random.below(4) {
            self.gap();
            item(self);
            self.any(&[",", ", ", ",\n", "\n"]);
        }
        self.gap();
    }

    fn expr(&mut self) {
        if self.is_deep() {
            return if self.one_in(2) { self.any(&LITERALS) } else { self.name() };
        }
        self.depth += 1;
        match self.random.below(16) {
            0 => {
                self.push("[");
                self.separated(|it| {
                    it.any(&["", "", "..."]);
                    it.expr();
                });
                self.push("]");
            }
            1 => self.body(),
            2 => {
                self.any(&["[for x in ", "[ for i , x in "]);
                self.expr();
                self.push(" : ");
                self.expr();
                self.if_clause();
                self.push("]");
            }
            3 => {
                self.any(&["(", "-(", "!(", "not ("]);
                self.gap();
                self.expr();
                self.gap();
                self.push(")");
            }
            4..=6 => {
                for _ in 0..=self.random.below(3) {
                    self.push("(");
                    self.expr();
                    self.push(") ");
                    self.any(&OPERATORS);
                    self.any(&[" ", " ", "\n"]);
                }
                self.name();
            }
            7 => {
                self.push("if ");
                self.expr();
                self.gap();
                self.push(" then ");
                self.expr();
                self.gap();
                self.push(" else ");
                self.expr();
            }
            8 => self.matching(),
            9 => {
                self.name();
                self.any(&[".", "?.", "\n  .", "[0].", "[\"k\"]?."]);
                self.name();
                self.any(&["", ".c", "[1]", "?.d.e_f_g"]);
            }
            10 | 11 => {
                self.name();
                self.push("(");
                self.separated(|it| {
                    it.any(&["", "", "x = ", "..."]);
                    it.expr();
                });
                self.push(")");
            }
            12 => {
                self.any(&["\"a \\(", "\"\\(\"b\") \\( "]);
                self.expr();
                self.push(") é\"");
            }
            13 => {
                self.any(&["\"\"\"", "yaml\"\"\""]);
                self.push("\n      one: \\(web)\n        two\n\n      \"\"\"");
            }
            _ => self.any(&LITERALS),
        }
        self.depth -= 1;
    }

    fn matching(&mut self) {
        self.push("match ");
        self.name();
        self.push(" {");
        for _ in 0..self.random.below(3) {
            self.gap();
            self.any(&["\"a\"", "1", "-2", "true", "null", "'b' | 3", "\"c\"|\"d\""]);
            self.any(&[" => ", "=>", " =>\n"]);
            self.expr();
            self.any(&[",", "\n", ", "]);
        }
        self.push("else => ");
        self.expr();
        self.blank();
        self.push("}");
    }

    fn ty(&mut self) {
        if self.is_deep() {
            return self.any(&["int", "string", "T", "types.Student", "\"lab\"", "'x'", "8080"]);
        }
        self.depth += 1;
        match self.random.below(6) {
            0 => {
                self.push("[");
                self.ty();
                self.push("]");
            }
            1 => {
                self.push("{");
                self.separated(|it| {
                    it.name();
                    it.any(&["", "?"]);
                    it.push(":");
                    it.gap();
                    it.ty();
                    if it.one_in(4) {
                        it.push(" = 1");
                    }
                });
                self.push("}");
            }
            2 => {
                self.push("map<");
                self.gap();
                self.ty();
                self.push(",");
                self.ty();
                self.push(">");
            }
            3 => {
                self.ty();
                self.any(&[" | ", "|", "\n|\n"]);
                self.ty();
            }
            4 => {
                self.push("(");
                self.ty();
                self.push(")");
                self.any(&["", "?"]);
            }
            _ => self.push("secret<string>?"),
        }
        self.depth -= 1;
    }
}
