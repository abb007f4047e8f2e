"""English: 21 Nov 2026, 15:27:13. The zone is the reader's, named at the foot of each page."""

DATE_FORMAT = SHORT_DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i:s"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j M Y, H:i:s"
