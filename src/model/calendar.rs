//! Schedules: `daily 02:30`, `mon..fri 12:00`, `hourly`.

/// Whether this says when something happens again and again.
pub fn is_calendar(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    match words.as_slice() {
        ["hourly" | "daily" | "weekly" | "monthly"] => true,
        ["daily" | "weekly" | "monthly", time] => is_time(time),
        [days, time] => is_days(days) && is_time(time),
        [days] => is_days(days),
        _ => false,
    }
}

fn is_days(text: &str) -> bool {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    text.split(',').all(|part| match part.split_once("..") {
        Some((first, last)) => DAYS.contains(&first) && DAYS.contains(&last),
        None => DAYS.contains(&part),
    })
}

fn is_time(text: &str) -> bool {
    let two_digits = |part: &str, limit: u8| {
        part.len() == 2
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse::<u8>().is_ok_and(|number| number < limit)
    };
    text.split_once(':')
        .is_some_and(|(hour, minute)| two_digits(hour, 24) && two_digits(minute, 60))
}
