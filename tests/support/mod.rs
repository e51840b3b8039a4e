//! What the tests share.

<<<<<<< HEAD
pub mod cases;
pub mod dump;
=======
>>>>>>> render
pub mod golden;
