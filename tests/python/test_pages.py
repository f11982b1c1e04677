"""Pages of lists: no item is lost, doubled or more than asked for, and no page is larger than an answer may be."""

import unittest
from concurrent.futures import ThreadPoolExecutor

import calls
import households as h
from server import CALL_SECONDS_MAX, Place
from stubs import pb

# Three texts of it make a finding so long that 520 of them are more than one page.
TEXT = "文" * 666
FINDING_COUNT = 520
PAGE_SIZE_MAX_BYTES = 3 * 1024 * 1024


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = Place("sqlite")
        cls.addClassCleanup(cls.place.remove)
        cls.client = cls.place.start().client
        calls.publish(cls.client)

    def pages(self, call, request):
        """Every page of a list."""
        while True:
            page = call(request, timeout=CALL_SECONDS_MAX)
            yield page
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    def decided(self, count):
        def one(_):
            request = h.determine(h.three(0))
            return self.client.determination.Determine(request, timeout=CALL_SECONDS_MAX).determination
        with ThreadPoolExecutor(16) as pool:
            return list(pool.map(one, range(count)))

    def due(self, page_size):
        request = pb.ListDueReviewsRequest(area=h.AREA, due_by=h.day(2199, 12, 31), page_size=page_size)
        return [[(one.case, one.schedule, (one.due.year, one.due.month, one.due.day)) for one in page.reviews]
                for page in self.pages(self.client.review.ListDueReviews, request)]

    def test_due_reviews_come_one_by_one_as_they_come_all_at_once(self):
        self.decided(3)
        [whole] = self.due(1000)
        self.assertGreater(len(whole), 3, "a case has several dates")
        firsts = {}
        for case, _, date in whole:
            firsts[case] = min(date, firsts.get(case, date))
        self.assertEqual(whole, sorted(whole, key=lambda one: (firsts[one[0]], one[0], one[2], one[1])))
        for size in (1, 2, 3):
            pages = self.due(size)
            self.assertEqual([one for page in pages for one in page], whole, size)
            self.assertTrue(all(len(page) == size for page in pages[:-1]), size)

    def test_long_findings_come_on_pages_that_an_answer_holds(self):
        reviewer = [pb.Reviewer(officer=pb.Officer(id=name, role="审计", unit="某所")) for name in ("a1", "a2")]

        def find(determination):
            request = pb.RecordFindingRequest(
                request_id=h.request_id(), determination=determination.name, first_reviewer=reviewer[0],
                second_reviewer=reviewer[1], items=[pb.FindingItem(outcome=pb.FINDING_OUTCOME_CORRECT)],
                summary=TEXT, rectification=TEXT,
                auditee=pb.AuditeeStatement(answer=pb.AUDITEE_ANSWER_AGREES, on=h.day(2022, 1, 1), text=TEXT))
            return self.client.audit.RecordFinding(request, timeout=CALL_SECONDS_MAX).finding

        with ThreadPoolExecutor(16) as pool:
            recorded = set(pool.map(find, self.decided(FINDING_COUNT)))
        request = pb.ListFindingsRequest(area=h.AREA, page_size=1000)
        pages = list(self.pages(self.client.audit.ListFindings, request))
        self.assertGreater(sum(page.ByteSize() for page in pages), PAGE_SIZE_MAX_BYTES)
        self.assertTrue(all(page.ByteSize() <= PAGE_SIZE_MAX_BYTES for page in pages))
        self.assertEqual(len(pages), 2)
        listed = [finding.name for page in pages for finding in page.findings]
        self.assertEqual((len(listed), set(listed)), (FINDING_COUNT, recorded))


if __name__ == "__main__":
    unittest.main()
