//! The tree every stage reads: items, expressions and types, each with its place, and all comments.

mod project;

pub use project::{Adopt, Forget, Import, Mock, ModuleItem, Moved, Place, PlaceSegment, Use};

use crate::source::{FileId, Span};

/// A piece of the text; up to 23 bytes, as most are, take no memory of their own.
pub type Word = smol_str::SmolStr;

/// A word with its place: a name, a kind, an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The word.
    pub text: Word,
    /// Where it stands.
    pub span: Span,
}

/// One parsed file. Blanks are the gaps between its parts, so nothing is lost.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The file it was read from.
    pub file: FileId,
    /// Top-level items in the order they are written.
    pub items: Vec<Item>,
    /// Every comment, in order.
    pub comments: Vec<Comment>,
}

/// `# …` or `## …`, up to the end of its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// From the first `#` to the end of the line.
    pub span: Span,
    /// A `##` comment: it documents the next item.
    pub doc: bool,
}

/// One item of a file or a body.
#[derive(Clone, Debug)]
pub struct Item {
    /// From its first character to its last.
    pub span: Span,
    /// What it is.
    pub kind: ItemKind,
    /// The lines of the `##` comment directly before it, without the marks, joined by newlines.
    pub doc: Option<Box<str>>,
}

/// What an item is; whatever is not the commonest is in a box, so that items are small.
#[derive(Clone, Debug)]
pub enum ItemKind {
    /// `key = value`
    Attribute(Attribute),
    /// `container web for … if … { … }`, and nested ones: `features { … }`
    Block(Box<Block>),
    /// `...defaults`
    Spread(Expr),
    /// `for k, v in m : key => value if …` directly in a body, which makes the body a map.
    Comprehension(Box<Comprehension>),
    /// `let x: T = …`
    Let(Box<Let>),
    /// `fn f(a: T = d) -> T = …`
    Function(Box<Function>),
    /// `type Slug = string where …`
    Type(Box<TypeItem>),
    /// `input x: T = default where …`
    Input(Box<Input>),
    /// `output x: T = …`
    Output(Box<Let>),
    /// `secret x for … = …`
    Secret(Box<Secret>),
    /// `require condition else "message"`
    Require(Box<Require>),
    /// `import "./catalog.paas" as catalog`
    Import(Box<Import>),
    /// `use catalog.jellyfin as films { … }`
    Use(Box<Use>),
    /// `module lab for … from "./lab" { … }`
    Module(Box<ModuleItem>),
    /// `moved container.a -> container.b`
    Moved(Box<Moved>),
    /// `adopt container.a = "101"`
    Adopt(Box<Adopt>),
    /// `forget container.a`
    Forget(Box<Forget>),
    /// `mock container.a { … }`
    Mock(Box<Mock>),
    /// `expect condition else "message"`
    Expect(Box<Require>),
    /// A line that is none of these; it was reported.
    Bad,
}

/// `key = value`
#[derive(Clone, Debug)]
pub struct Attribute {
    /// The part left of `=`.
    pub key: Key,
    /// The part right of it.
    pub value: Expr,
}

/// What can stand left of `=`.
#[derive(Clone, Debug)]
pub enum Key {
    /// A word, or a string without interpolation, or a number.
    Plain(Name),
    /// `(expr) = …`
    Computed(Box<Expr>),
}

/// A kind, its labels, its header and its body.
#[derive(Clone, Debug)]
pub struct Block {
    /// `existing` stands before the kind.
    pub existing: bool,
    /// The first word.
    pub kind: Name,
    /// Names after the kind; for strings, their text.
    pub labels: Vec<Name>,
    /// `for … in … by …`
    pub each: Option<Box<For>>,
    /// `if …`
    pub condition: Option<Box<Expr>>,
    /// The part in braces.
    pub body: Body,
}

/// `for value in list by key`, or `for key, value in map`.
#[derive(Clone, Debug)]
pub struct For {
    /// From `for` to the end of the header part.
    pub span: Span,
    /// With one name, the value; with two, the key.
    pub first: Name,
    /// With two names, the value.
    pub second: Option<Name>,
    /// What is gone through.
    pub over: Expr,
    /// The key of each instance.
    pub by: Option<Expr>,
}

/// `{ … }`: a body is an object, an object is a body.
#[derive(Clone, Debug)]
pub struct Body {
    /// With both braces.
    pub span: Span,
    /// What is inside.
    pub items: Vec<Item>,
}

/// `let` and `output`.
#[derive(Clone, Debug)]
pub struct Let {
    /// Its name.
    pub name: Name,
    /// The type after `:`.
    pub ty: Option<TypeExpr>,
    /// The value; only a foreign output has none.
    pub value: Option<Expr>,
}

/// A function: total, since it can only call others that do not call it.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub params: Vec<Param>,
    /// The type after `->`.
    pub result: Option<TypeExpr>,
    /// What it returns.
    pub value: Expr,
}

/// A parameter of a function.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Option<TypeExpr>,
    /// Its default.
    pub default: Option<Expr>,
}

/// `type Slug = string where …`
#[derive(Clone, Debug)]
pub struct TypeItem {
    /// Its name.
    pub name: Name,
    /// What it stands for.
    pub ty: TypeExpr,
    /// What must hold for `it`.
    pub refinement: Option<Expr>,
}

/// `input replicas: int = 2 where 1 <= it <= 5 { require … }`
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Option<TypeExpr>,
    /// Its default.
    pub default: Option<Expr>,
    /// What must hold for `it`.
    pub refinement: Option<Expr>,
    /// Further requirements.
    pub body: Option<Body>,
}

/// `secret pve = env("TOKEN")`
#[derive(Clone, Debug)]
pub struct Secret {
    /// Its name.
    pub name: Name,
    /// One secret per element.
    pub each: Option<For>,
    /// Where it comes from.
    pub value: Expr,
}

/// `require condition else "message"`
#[derive(Clone, Debug)]
pub struct Require {
    /// What must be true.
    pub condition: Expr,
    /// What to say when it is not.
    pub message: Option<Expr>,
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// From its first character to its last.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// What an expression is; larger parts are in boxes, so that every expression is small.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `512`, `0x1f`, `1_000`
    Int(i64),
    /// `1.5`
    Float(f64),
    /// `512MiB`, in bytes
    Size(u64),
    /// `1h30m`, in milliseconds
    Duration(u64),
    /// `10.0.0.1`
    Ip(std::net::IpAddr),
    /// `10.0.0.0/24`: first address and prefix length
    Cidr(std::net::IpAddr, u8),
    /// `8080/tcp`
    Port(u16, Protocol),
    /// `20000-29999/tcp`, both ends included
    PortRange(u16, u16, Protocol),
    /// Text with its interpolations, escapes already read, block indentation already removed.
    Str(Box<Text>),
    /// A bare name.
    Name(Word),
    /// `[a, b, ...c]`
    List(Vec<Element>),
    /// `{ … }`
    Object(Box<Body>),
    /// `[for x in xs : e if c]` or `{for x in xs : k => v}`
    Comprehension(Box<Comprehension>),
    /// `(e)`, kept for the formatter
    Paren(Box<Expr>),
    /// `-e`, `!e`, `not e`
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `a < b <= c`: first operand, then each operator with its operand. At least two.
    Chain(Box<Expr>, Box<[(BinaryOp, Expr)]>),
    /// `if a then b else c`
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `match e { "a" | "b" => x, else => y }`
    Match(Box<Expr>, Box<[Arm]>),
    /// `e.name`
    Get(Box<Expr>, Box<Name>),
    /// `e?.name`
    OptionalGet(Box<Expr>, Box<Name>),
    /// `e[i]`
    Index(Box<Expr>, Box<Expr>),
    /// `f(a, name = b, ...c)`
    Call(Box<Expr>, Box<[Arg]>),
    /// The second argument of `as_type(e, T)`: the expression it looks like, and the type it is.
    Type(Box<(Expr, TypeExpr)>),
    /// Something that is no expression; it was reported, and later stages keep quiet about it.
    Bad,
}

/// The function whose second argument is a type.
pub const AS_TYPE: &str = "as_type";

/// `tcp` or `udp`
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// `tcp`
    Tcp,
    /// `udp`
    Udp,
}

/// A string literal.
#[derive(Clone, Debug)]
pub struct Text {
    /// The word before a block string: `yaml"""`.
    pub tag: Option<String>,
    /// Text and interpolations in turn; an empty string has none.
    pub parts: Vec<TextPart>,
}

/// A piece of a string literal.
#[derive(Clone, Debug)]
pub enum TextPart {
    /// Plain characters.
    Literal(Word),
    /// `\(e)`
    Hole(Box<Expr>),
}

/// An element of a list.
#[derive(Clone, Debug)]
pub enum Element {
    /// `e`
    One(Expr),
    /// `...e`
    Spread(Expr),
}

/// An argument of a call.
#[derive(Clone, Debug)]
pub enum Arg {
    /// `e`
    Plain(Expr),
    /// `name = e`
    Named(Name, Expr),
    /// `...e`
    Spread(Expr),
}

/// `for k, v in over : key => value ... if condition`
#[derive(Clone, Debug)]
pub struct Comprehension {
    /// From `for` to the end.
    pub span: Span,
    /// With one name, the value; with two, the key (of a list, the index from zero).
    pub first: Name,
    /// With two names, the value.
    pub second: Option<Name>,
    /// What is gone through.
    pub over: Expr,
    /// In a map, the part left of `=>`; in a list there is none.
    pub key: Option<Expr>,
    /// The element.
    pub value: Expr,
    /// `...` after the value: elements with the same key become a list.
    pub grouped: bool,
    /// Elements for which this is false are left out.
    pub condition: Option<Expr>,
}

/// `pattern => value`
#[derive(Clone, Debug)]
pub struct Arm {
    /// The literals, or nothing for `else`.
    pub patterns: Vec<Expr>,
    /// The value.
    pub value: Expr,
}

/// Operators before an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`
    Negate,
    /// `!`, `not`
    Not,
}

/// Operators between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `??`
    Coalesce,
    /// `||`
    Or,
    /// `&&`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `in`
    In,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
}

/// A type as it is written.
#[derive(Clone, Debug)]
pub struct TypeExpr {
    /// From its first character to its last.
    pub span: Span,
    /// What it is.
    pub kind: TypeKind,
}

/// What a written type is.
#[derive(Clone, Debug)]
pub enum TypeKind {
    /// `int`, `Slug`, `types.Student`, `map<string, int>`, `secret<string>`
    Named(String, Vec<TypeExpr>),
    /// `[T]`
    List(Box<TypeExpr>),
    /// `{ a: T, b?: U, c: V = e }`
    Object(Vec<TypeField>),
    /// `T | U`
    Union(Vec<TypeExpr>),
    /// `T?`
    Optional(Box<TypeExpr>),
    /// `"a"`
    Text(String),
    /// `8080`
    Int(i64),
    /// `(T)`, kept for the formatter
    Paren(Box<TypeExpr>),
    /// Something that is no type; it was reported.
    Bad,
}

/// A field of an object type.
#[derive(Clone, Debug)]
pub struct TypeField {
    /// Its name.
    pub name: Name,
    /// `b?`: it may be left out.
    pub optional: bool,
    /// Its type.
    pub ty: TypeExpr,
    /// Its default.
    pub default: Option<Expr>,
}
